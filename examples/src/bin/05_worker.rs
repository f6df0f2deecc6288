//! 05, worker: a loop stops taking jobs, and the program finishes the jobs that it has taken.
//!
//! Run `cargo run --bin 05_worker`.
//! New here: `serve` around a loop, `track` around a spawned task, and `in_flight` for work on any thread.

use std::time::Duration;

use on_shutdown::{in_flight, is_draining, on_shutdown, serve, track};
use tokio::time::sleep;

/// Takes jobs until draining begins. `serve` counts the loop as work in flight, so the drain phase waits for its end.
async fn take_jobs() {
    serve("worker", |mut draining| async move {
        for job in 1.. {
            tokio::select! {
                () = &mut draining => break,
                () = next_job() => {}
            }
            println!("job {job} taken");
            // The spawned task outlives the loop, so it is counted on its own.
            tokio::spawn(track("job", work(job)));
        }
        println!("the worker takes no more jobs");
    })
    .await;
}

async fn next_job() {
    sleep(Duration::from_millis(400)).await;
}

async fn work(job: u32) {
    sleep(Duration::from_millis(1000)).await;
    println!("job {job} done");
}

/// Checks `is_draining` before each file. The check is one atomic load.
fn compress_files() {
    for file in 1.. {
        if is_draining() {
            println!("the compressor has stopped before file {file}");
            break;
        }
        // The drain phase waits for this file until the guard is dropped.
        let _file = in_flight("file");
        std::thread::sleep(Duration::from_millis(700));
        println!("file {file} compressed");
    }
}

/// Runs after the drain phase, when no work is in flight.
#[on_shutdown(phase = close, timeout = "1s")]
fn close_queue() {
    println!("closed the queue");
}

#[on_shutdown::main]
async fn main() {
    std::thread::spawn(compress_files);
    examples::sigterm_after(Duration::from_secs(2));
    take_jobs().await;
}
