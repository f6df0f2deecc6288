//! Measures swansong with tokio's signals: a guarded task for each hook.

use benches::child::{asked, hook, ready};
use swansong::Swansong;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() {
    let (_, hooks) = asked();
    let swansong = Swansong::new();
    for _ in 0..hooks {
        let swan = swansong.clone();
        tokio::spawn(swansong.guarded(async move {
            swan.shutting_down().await;
            hook();
        }));
    }
    let mut terminate = signal(SignalKind::terminate()).expect("a handler");
    ready();
    terminate.recv().await;
    swansong.shut_down().await;
}
