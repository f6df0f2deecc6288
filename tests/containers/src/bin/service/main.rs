//! Runs a healthy service with hooks in five phases, one of them async. `LOAD` takes it to a limit before it is ready.

mod load;

use std::time::Duration;

use on_shutdown::on_shutdown;

#[on_shutdown(phase = deregister, timeout = "2s")]
async fn leave_registry() {
    tokio::time::sleep(Duration::from_millis(300)).await;
    println!("left the registry");
}

#[on_shutdown(phase = drain, timeout = "1s")]
fn finish_requests() {
    println!("finished the requests");
}

#[on_shutdown(priority = 10, timeout = "1s")]
fn stop_consumer() {
    println!("stopped the consumer");
}

#[on_shutdown(timeout = "1s")]
fn stop_clock() {
    println!("stopped the clock");
}

#[on_shutdown(phase = close, timeout = "1s")]
fn close_pool() {
    println!("closed the pool");
}

#[on_shutdown(phase = finalize, timeout = "1s")]
fn flush_metrics() {
    println!("flushed the metrics");
}

#[on_shutdown::main(flavor = "current_thread")]
async fn main() -> Result<(), String> {
    load::carry(&std::env::var("LOAD").unwrap_or_default())?;
    println!("ready");
    std::future::pending().await
}
