//! Marks work as in flight after the trigger, in the phase that the first argument names. The second argument is the
//! drain delay in seconds. With `returns` as the third, `main` returns when draining begins.

use std::future::pending;
use std::time::Duration;

use on_shutdown::{Settings, in_flight, on_shutdown};

fn mark_in(phase: &str) {
    if std::env::args().nth(1).is_some_and(|wanted| wanted == phase) {
        drop(in_flight("request"));
        println!("work in {phase}");
    }
}

#[on_shutdown(phase = deregister)]
fn deregister() {
    mark_in("deregister");
}

#[on_shutdown(phase = drain)]
fn drain() {
    mark_in("drain");
}

fn settings() -> Settings {
    let delay = std::env::args().nth(2).expect("a delay in seconds");
    let delay = Duration::from_secs(delay.parse().expect("a number"));
    Settings::new().grace_period(Duration::from_secs(60)).drain_delay(delay)
}

#[on_shutdown::main(settings = settings())]
async fn main() {
    drop(in_flight("before the trigger"));
    if std::env::args().nth(3).is_some_and(|how| how == "returns") {
        return on_shutdown::serve("server", |draining| async {
            println!("ready");
            draining.await;
        })
        .await;
    }
    println!("ready");
    pending().await
}
