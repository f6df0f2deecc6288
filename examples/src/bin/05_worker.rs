//! 05, worker: a loop that takes jobs, and stops taking them; the jobs it has taken are finished.
//! Run `cargo run --bin 05_worker`.
//! New here: `serve` around a loop, `track` for what is spawned, `in_flight` for a piece of work on any thread.

use std::time::Duration;

use on_shutdown::{in_flight, is_draining, on_shutdown, serve, track};
use tokio::time::sleep;

/// The loop is in flight itself, so that no job is taken after the drain phase has ended.
async fn take_jobs() {
    serve("worker", |mut draining| async move {
        for job in 1.. {
            tokio::select! {
                () = &mut draining => break,
                () = next_job() => {}
            }
            println!("job {job} taken");
            // What is spawned lives on without the loop: track it.
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

/// Code that polls asks `is_draining`; it costs one atomic load.
fn compress_files() {
    for file in 1.. {
        if is_draining() {
            println!("the compressor has stopped before file {file}");
            break;
        }
        // Until the guard is dropped, the drain phase waits for this file.
        let _file = in_flight("file");
        std::thread::sleep(Duration::from_millis(700));
        println!("file {file} compressed");
    }
}

/// Runs when nothing is in flight any more.
#[on_shutdown]
fn close_queue() {
    println!("closed the queue");
}

#[on_shutdown::main]
async fn main() {
    std::thread::spawn(compress_files);
    examples::sigterm_after(Duration::from_secs(2));
    take_jobs().await;
}
