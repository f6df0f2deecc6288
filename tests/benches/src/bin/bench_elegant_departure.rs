//! Measures elegant-departure, as in its README: a guard for each hook.

use benches::child::{asked, hook, ready};

#[tokio::main]
async fn main() {
    let (_, hooks) = asked();
    for _ in 0..hooks {
        let guard = elegant_departure::get_shutdown_guard();
        tokio::spawn(async move {
            guard.wait().await;
            hook();
        });
    }
    let departure = elegant_departure::tokio::depart().on_termination();
    let triggered = async {
        // The handlers are registered at the first poll.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        ready();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = departure => {}
        () = triggered => {}
    }
}
