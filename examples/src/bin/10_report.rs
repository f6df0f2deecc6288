//! 10, report: the report of a shutdown with failing hooks, as a timeline, as JSON and as a picture.
//!
//! Run `ON_SHUTDOWN_REPORT=report.json cargo run --bin 10_report`. Then run
//! `cargo run --bin on-shutdown-report -- report.json -o report.html`, and open `report.html` in a browser.
//! New here: report files. `docs/report.md` explains how to read them.

use std::time::Duration;

use on_shutdown::{on_shutdown, track};
use tokio::time::sleep;

/// Runs during the drain delay, while the program still serves.
#[on_shutdown(phase = deregister, timeout = "1s")]
async fn leave_registry() {
    sleep(Duration::from_millis(180)).await;
}

#[on_shutdown(timeout = "1s")]
async fn stop_consumer() {
    sleep(Duration::from_millis(220)).await;
}

#[on_shutdown(phase = flush, timeout = "1s")]
fn write_orders() {
    std::thread::sleep(Duration::from_millis(350));
}

/// Fails. The report shows the error and its cause.
#[on_shutdown(phase = flush, timeout = "1s")]
async fn write_index() -> anyhow::Result<()> {
    sleep(Duration::from_millis(150)).await;
    Err(anyhow::anyhow!("no space left on device").context("cannot write the index"))
}

/// Waits for an answer that never arrives. The report names the connection on which its thread blocks.
#[on_shutdown(phase = close, timeout = "600ms")]
fn close_pool() -> std::io::Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let mut database = std::net::TcpStream::connect(listener.local_addr()?)?;
    std::io::Read::read_exact(&mut database, &mut [0])
}

/// Is skipped: the abandoned `close_pool` may still use the database.
#[on_shutdown(phase = close, timeout = "1s", after = [close_pool])]
fn remove_lock_file() {}

#[on_shutdown(phase = close, timeout = "1s")]
async fn close_cache() {
    sleep(Duration::from_millis(90)).await;
}

#[on_shutdown(phase = finalize, timeout = "1s")]
async fn send_metrics() {
    sleep(Duration::from_millis(120)).await;
}

#[on_shutdown::main(grace_period = "10s", drain_delay = "400ms")]
async fn main() {
    for request in 1..=12 {
        tokio::spawn(track("request", async move {
            on_shutdown::draining().await;
            sleep(Duration::from_millis(request * request * 4)).await;
        }));
    }
    examples::sigterm_after(Duration::from_millis(300));
    std::future::pending().await
}
