//! Finishes the jobs of a rayon pool.
//!
//! Run `cargo run -p cookbook --bin thread_pool`, and press Ctrl-C.

use std::thread::sleep;
use std::time::Duration;

use on_shutdown::{in_flight, is_draining};
use rayon::ThreadPoolBuilder;

fn shrink(picture: u32) {
    sleep(Duration::from_millis(150));
    println!("picture {picture} is done");
}

/// No hook: each job holds a guard from the moment at which it is queued. The drain phase waits for the queue, so keep the
/// queue short enough for the grace period.
#[on_shutdown::main]
fn main() -> anyhow::Result<()> {
    let pool = ThreadPoolBuilder::new().num_threads(2).build()?;
    println!("ready");
    for picture in 1.. {
        if is_draining() {
            println!("{} pictures were accepted", picture - 1);
            return Ok(());
        }
        let guard = in_flight("picture");
        pool.spawn(move || {
            shrink(picture);
            drop(guard);
        });
        sleep(Duration::from_millis(100));
    }
    Ok(())
}
