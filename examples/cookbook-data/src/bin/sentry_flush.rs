//! Sends the events that wait for sentry's thread, also those of other hooks.
//!
//! - `send_events`: `finalize`, -100, 3 s. It is the last hook, because every other hook may report an event. Sentry gets
//!   four fifths of the time, so that the report shows its failure.
//!
//! Run `cargo run -p cookbook-data --bin sentry_flush -- DSN`, and press Ctrl-C. Without a DSN, sentry is off. A program that
//! sends to sentry.io needs sentry's feature `rustls`.

use std::sync::Arc;

use anyhow::{Context, ensure};
use on_shutdown::{HookContext, draining, on_shutdown, provide};
use sentry::{ClientInitGuard, ClientOptions, Level};

/// Calls `flush`. `close` and the drop of the guard can wait for the network longer than their timeout.
#[on_shutdown(phase = finalize, priority = -100, timeout = "3s")]
fn send_events(sentry: Arc<ClientInitGuard>, context: HookContext) -> anyhow::Result<()> {
    ensure!(sentry.flush(Some(context.remaining().mul_f64(0.8))), "sentry has not answered, and events may be lost");
    Ok(())
}

#[on_shutdown(phase = close, timeout = "1s")]
fn close_pool() {
    sentry::capture_message("the pool had connections in use", Level::Warning);
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let mut options = ClientOptions::new();
    options.dsn = std::env::args().nth(1).map(|dsn| dsn.parse()).transpose().context("the DSN")?;
    // In a variable of `main`, the guard would be dropped before the hooks run, and their events would be lost.
    provide(Arc::new(sentry::init(options)))?;
    sentry::capture_message("the shop has started", Level::Info);
    println!("ready");
    draining().await;
    Ok(())
}
