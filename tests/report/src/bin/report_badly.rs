//! Shuts down with every outcome. One hook has a hostile name, and one panics with a hostile message.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, in_flight, on_shutdown, register_sync};
use report::{HOSTILE_MESSAGE, HOSTILE_NAME};
use tokio::time::sleep;

#[derive(Clone)]
struct Pool;

#[on_shutdown(phase = deregister, timeout = "1s")]
async fn fails() -> Result<(), String> {
    sleep(Duration::from_millis(120)).await;
    Err("connection refused (os error 111)".to_owned())
}

#[on_shutdown(priority = 20, timeout = "1s")]
async fn panics() {
    sleep(Duration::from_millis(250)).await;
    panic!("{HOSTILE_MESSAGE}");
}

/// Spawns a task, and returns without waiting for the task.
#[on_shutdown(priority = 20, timeout = "1s")]
async fn leaves_a_task() {
    tokio::spawn(std::future::pending::<()>());
}

#[on_shutdown(priority = 10, timeout = "300ms")]
async fn overruns() {
    std::future::pending().await
}

#[on_shutdown(priority = 10, timeout = "400ms")]
fn blocks() {
    loop {
        std::thread::park();
    }
}

#[on_shutdown(phase = close, timeout = "1s", after = [blocks])]
fn after_the_blocked_hook() {}

#[on_shutdown(phase = close, timeout = "1s")]
fn misses_its_pool(_pool: Pool) {}

/// The last hook that runs before a test forces the shutdown to end.
#[on_shutdown(phase = finalize, timeout = "20s")]
async fn flush_metrics() {
    println!("flushing");
    if std::env::args().nth(1).as_deref() == Some("endless") {
        std::future::pending().await
    }
}

#[on_shutdown::main(grace_period = "8s")]
async fn main() {
    let settings = HookSettings::new().phase(Phase::Stop).timeout(Duration::from_secs(1));
    register_sync(HOSTILE_NAME, settings, |_context| ()).expect("the shutdown has not begun");
    let work = in_flight("a request <b>");
    tokio::spawn(async move {
        on_shutdown::draining().await;
        sleep(Duration::from_millis(80)).await;
        drop(work);
    });
    println!("ready");
    std::future::pending().await
}
