//! Has more work in flight than the table of slots holds for one thread. None of it ends.

use std::time::Duration;

use on_shutdown::{InFlight, Settings, in_flight, on_shutdown};

/// A thread has at most 349 440 slots.
const WORK: usize = 400_000;

#[on_shutdown]
fn hook() {
    println!("hook");
}

#[on_shutdown::main(settings = Settings::new().grace_period(Duration::from_secs(3)))]
fn main() {
    let _work: Vec<InFlight> = (0..WORK).map(|_| in_flight("import")).collect();
    println!("ready");
    loop {
        std::thread::park();
    }
}
