//! Writes the last lines of a log that a thread of its own writes (`tracing-appender`).
//!
//! Run `cargo run -p cookbook --bin log_file -- /tmp/log`, press Ctrl-C, and read `/tmp/log/service.log`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use on_shutdown::{on_shutdown, provide};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::prelude::*;

/// Its drop writes what the thread has not written yet.
#[derive(Clone)]
struct LogGuard(Arc<Mutex<Option<WorkerGuard>>>);

/// In `finalize`, the last phase, and after all others there: they may log. A guard in a variable of `main` would be dropped
/// too early, or never. tracing-appender itself waits a second for its thread at most.
#[on_shutdown(phase = finalize, priority = -100, timeout = "2s")]
fn write_log(guard: LogGuard) {
    drop(guard.0.lock().unwrap_or_else(PoisonError::into_inner).take());
}

#[on_shutdown(phase = close)]
fn close_pool() {
    tracing::info!("the pool is closed");
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("log"), PathBuf::from);
    let (writer, guard) = tracing_appender::non_blocking(tracing_appender::rolling::never(folder, "service.log"));
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    tracing_subscriber::registry().with(layer).init();
    provide(LogGuard(Arc::new(Mutex::new(Some(guard)))))?;
    tracing::info!("the service has started");
    // Work in flight from here on: the drain phase waits for its last line.
    on_shutdown::serve("service", |draining| async {
        println!("ready");
        draining.await;
        tracing::info!("the service stops");
    })
    .await;
    Ok(())
}
