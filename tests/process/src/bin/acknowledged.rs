//! Acknowledges rows until 5 s after draining began, and writes them in a hook. A pool that declares 4 s closes in 60 ms.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use on_shutdown::{Settings, on_shutdown};
use tokio::time::sleep;

static ROWS: AtomicUsize = AtomicUsize::new(0);

#[on_shutdown(phase = flush)]
fn write_rows() {
    println!("wrote {} rows", ROWS.load(Ordering::Relaxed));
}

#[on_shutdown(phase = close, timeout = "4s")]
async fn close_pool() {
    sleep(Duration::from_millis(60)).await;
}

fn settings() -> Settings {
    match std::env::args().nth(1).as_deref() {
        // In the middle between the end of the work and the 6.47 s that install allows.
        Some("min-drain-time") => Settings::new().min_drain_time(Duration::from_millis(5800)),
        // Between the first rows and the second ones.
        Some("max-drain-time") => Settings::new().max_drain_time(Duration::from_millis(2250)),
        Some(other) => panic!("no settings `{other}`"),
        None => Settings::new(),
    }
}

#[on_shutdown::main(settings = settings(), grace_period = "10s")]
async fn main() {
    let import = on_shutdown::track("import", async {
        on_shutdown::draining().await;
        // Both sides of 3.65 s, until when this work is waited for without a setting.
        for pause in [1500, 1500, 2000] {
            sleep(Duration::from_millis(pause)).await;
            ROWS.fetch_add(7, Ordering::Relaxed);
        }
    });
    tokio::spawn(import);
    println!("ready");
    std::future::pending().await
}
