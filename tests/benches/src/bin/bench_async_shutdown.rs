//! Measures async-shutdown with tokio's signals, as in its README: for each hook a token that delays the end.

use async_shutdown::ShutdownManager;
use benches::child::{asked, hook, ready};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() {
    let (_, hooks) = asked();
    let shutdown = ShutdownManager::new();
    for _ in 0..hooks {
        let token = shutdown.delay_shutdown_token().expect("it is early enough");
        let triggered = shutdown.wait_shutdown_triggered();
        tokio::spawn(token.wrap_future(async move {
            triggered.await;
            hook();
        }));
    }
    let mut terminate = signal(SignalKind::terminate()).expect("a handler");
    ready();
    terminate.recv().await;
    shutdown.trigger_shutdown(()).expect("it is the first");
    shutdown.wait_shutdown_complete().await;
}
