//! Completes all its hooks, with work in flight. `main` returns if the argument is `returns`.

use std::time::Duration;

use on_shutdown::{on_shutdown, track};
use tokio::time::sleep;

#[on_shutdown(phase = deregister, timeout = "2s")]
async fn leave_registry() {
    sleep(Duration::from_millis(30)).await;
}

#[on_shutdown(priority = 10, timeout = "2s")]
fn flush_orders() {
    std::thread::sleep(Duration::from_millis(40));
}

#[on_shutdown(timeout = "2s", after = [flush_orders])]
async fn close_orders() {}

#[on_shutdown(phase = finalize, timeout = "1s")]
async fn flush_metrics() {
    sleep(Duration::from_millis(10)).await;
}

#[on_shutdown::main(grace_period = "20s", drain_delay = "100ms")]
async fn main() {
    for n in 1..=3 {
        tokio::spawn(track("request", async move {
            on_shutdown::draining().await;
            sleep(Duration::from_millis(50 * n)).await;
        }));
    }
    println!("ready");
    if std::env::args().nth(1).as_deref() != Some("returns") {
        std::future::pending().await
    }
}
