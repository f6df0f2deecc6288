//! 01, quickstart: three functions say that they must run at shutdown, and a real SIGTERM comes after two seconds.
//! Run `cargo run --bin 01_quickstart`; press Ctrl-C to be faster than the signal.
//! New here: `#[on_shutdown]`, its phases and priorities, `#[on_shutdown::main]`, and the report at the end.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use on_shutdown::on_shutdown;
use tokio::time::sleep;

/// Before all else: the gateway must send no new work.
#[on_shutdown(phase = deregister, timeout = "1s")]
async fn leave_registry() {
    sleep(Duration::from_millis(120)).await;
    println!("left the registry");
}

/// Higher priorities run first.
#[on_shutdown(priority = 10, timeout = "2s")]
async fn stop_consumer() {
    sleep(Duration::from_millis(250)).await;
    println!("stopped the consumer");
}

/// Equal priorities run at the same time: this one and the next take 300 ms together, not 500.
#[on_shutdown(timeout = "2s")]
fn write_orders() -> std::io::Result<()> {
    std::thread::sleep(Duration::from_millis(300));
    println!("wrote the orders");
    Ok(())
}

#[on_shutdown(timeout = "2s")]
async fn write_index() -> anyhow::Result<()> {
    sleep(Duration::from_millis(200)).await;
    println!("wrote the index");
    Ok(())
}

/// One that hangs is cut off at its timeout. It delays nobody else, and the report names it.
#[on_shutdown(phase = close, timeout = "500ms")]
async fn close_pool() {
    std::future::pending().await
}

/// Telemetry last.
#[on_shutdown(phase = flush, timeout = "1s")]
fn flush_metrics() {
    println!("sent the last metrics");
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    for order in 1..=8 {
        println!("working on order {order}");
        sleep(Duration::from_millis(250)).await;
    }
    println!("sending SIGTERM to myself, as docker or Kubernetes would");
    kill(Pid::this(), Signal::SIGTERM)?;
    // A service would go on serving here; it is stopped from outside.
    std::future::pending().await
}
