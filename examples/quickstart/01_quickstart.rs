//! 01, quickstart: six functions run at shutdown, phase by phase; a real SIGTERM arrives after two seconds.
//!
//! Run `cargo run -p quickstart`. Press Ctrl-C to stop it earlier.
//! New here: `#[on_shutdown]`, the phases, `#[on_shutdown::main]`, and the report at the end.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use on_shutdown::on_shutdown;
use tokio::time::sleep;

/// Runs first: gateways must stop sending new work.
#[on_shutdown(phase = deregister, timeout = "1s")]
async fn leave_registry() {
    sleep(Duration::from_millis(120)).await;
    println!("left the registry");
}

/// Runs in `stop`, the default phase, which stops background work.
#[on_shutdown(timeout = "2s")]
async fn stop_consumer() {
    sleep(Duration::from_millis(250)).await;
    println!("stopped the consumer");
}

/// Writes buffered data while the database connections are still open.
#[on_shutdown(phase = flush, timeout = "2s")]
fn write_orders() -> std::io::Result<()> {
    std::thread::sleep(Duration::from_millis(300));
    println!("wrote the orders");
    Ok(())
}

/// Runs at the same time as `write_orders`: both have the same phase and priority. Together they take 300 ms, not 500.
#[on_shutdown(phase = flush, timeout = "2s")]
async fn write_index() -> std::io::Result<()> {
    sleep(Duration::from_millis(200)).await;
    println!("wrote the index");
    Ok(())
}

/// Hangs on purpose. The supervisor cancels this hook after 500 ms, the report names it, and the next phase still runs.
#[on_shutdown(phase = close, timeout = "500ms")]
async fn close_pool() {
    std::future::pending().await
}

/// Runs last, so that the metrics cover everything before.
#[on_shutdown(phase = finalize, timeout = "1s")]
fn send_metrics() {
    println!("sent the last metrics");
}

#[on_shutdown::main]
async fn main() -> std::io::Result<()> {
    for order in 1..=8 {
        println!("working on order {order}");
        sleep(Duration::from_millis(250)).await;
    }
    println!("sending SIGTERM to myself, as docker or Kubernetes would");
    kill(Pid::this(), Signal::SIGTERM)?;
    // A real service keeps serving here until the platform stops it.
    std::future::pending().await
}
