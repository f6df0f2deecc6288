//! Measures tokio-util with tokio's signals: a tracked task with a cancellation token for each hook.

use benches::child::{asked, hook, ready};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[tokio::main]
async fn main() {
    let (_, hooks) = asked();
    let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
    for _ in 0..hooks {
        let token = token.clone();
        tracker.spawn(async move {
            token.cancelled().await;
            hook();
        });
    }
    let mut terminate = signal(SignalKind::terminate()).expect("a handler");
    ready();
    terminate.recv().await;
    token.cancel();
    tracker.close();
    tracker.wait().await;
}
