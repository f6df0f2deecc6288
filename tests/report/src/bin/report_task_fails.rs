//! Has a task that fails with an error of several lines (argument `fails`), panics (`panics`), or ends (`ends`).

use std::future::pending;

use on_shutdown::{on_shutdown, spawn};

#[on_shutdown]
fn stop() {}

#[on_shutdown::main]
async fn main() {
    let error = || anyhow::anyhow!("bind failed: \x1b[2JAddress in use").context("starting http");
    match std::env::args().nth(1).as_deref() {
        Some("fails") => drop(spawn("con\nsumer", move |_| async move { Err::<(), _>(error()) })),
        Some("panics") => drop(spawn("consumer", |_| async { panic!("{}", "ä".repeat(400)) })),
        _ => drop(spawn("consumer", |_| async {})),
    }
    pending().await
}
