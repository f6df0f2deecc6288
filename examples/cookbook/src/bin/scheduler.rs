//! Runs a job at regular times. A job that has begun ends, and no other begins.
//!
//! Run `cargo run -p cookbook --bin scheduler`, and press Ctrl-C.

use std::time::Duration;

use on_shutdown::{serve, track};
use tokio::time::{MissedTickBehavior, interval, sleep};

async fn clean_up(number: u32) {
    println!("job {number} has begun");
    sleep(Duration::from_millis(700)).await;
    println!("job {number} is done");
}

/// No hook: `serve` counts the clock, and `track` each job, as work in flight. The drain phase waits for both, as long as
/// the grace period allows. A job that may take longer saves how far it is: see `checkpoint`.
#[on_shutdown::main]
async fn main() {
    serve("scheduler", |mut draining| async move {
        let mut clock = interval(Duration::from_millis(500));
        // After a pause of the machine, one job makes up for all that were missed.
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        println!("ready");
        for number in 1.. {
            tokio::select! {
                // Checked first: a tick that is due at the same time begins no job.
                biased;
                () = &mut draining => break,
                _ = clock.tick() => {}
            }
            tokio::spawn(track("clean_up", clean_up(number)));
        }
    })
    .await;
    println!("no further job begins");
}
