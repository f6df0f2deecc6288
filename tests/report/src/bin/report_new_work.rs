//! Has a drain delay of a second, and marks work as in flight: when it begins (argument `early`), or when it is over.

use std::future::pending;

use on_shutdown::{in_flight, on_shutdown};

fn is_early() -> bool {
    std::env::args().nth(1).is_some_and(|when| when == "early")
}

#[on_shutdown(phase = deregister)]
fn deregister() {
    if is_early() {
        drop(in_flight("request"));
    }
}

#[on_shutdown(phase = drain)]
fn drain() {
    if !is_early() {
        drop(in_flight("request"));
    }
}

#[on_shutdown::main(drain_delay = "1s")]
async fn main() {
    println!("ready");
    pending().await
}
