//! Measures tokio-graceful, as in its README: a task with a guard for each hook.

use std::time::Duration;

use benches::child::{asked, hook, ready};
use tokio_graceful::Shutdown;

#[tokio::main]
async fn main() {
    let (_, hooks) = asked();
    let shutdown = Shutdown::default();
    for _ in 0..hooks {
        shutdown.spawn_task_fn(|guard| async move {
            guard.cancelled().await;
            hook();
        });
    }
    // Its signal handlers are tasks: they are registered when these have been polled.
    tokio::time::sleep(Duration::from_millis(2)).await;
    ready();
    shutdown.shutdown_with_limit(Duration::from_secs(5)).await.expect("it ends in time");
}
