//! Runs the worker of `jobs_before` with on-shutdown: the state after the migration.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use migrations::{Failure, folder};
use on_shutdown::{Draining, draining, spawn};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::sleep;

async fn next_job(number: u32) -> Result<u32, Failure> {
    sleep(Duration::from_millis(50)).await;
    let fails = number == 5 && std::env::args().nth(2).is_some_and(|arg| arg == "fails");
    if fails { Err("the queue is gone".into()) } else { Ok(number) }
}

async fn fetch(mut draining: Draining, queue: Sender<u32>) -> Result<(), Failure> {
    for number in 1.. {
        tokio::select! {
            job = next_job(number) => queue.send(job?).await?,
            () = &mut draining => break,
        }
        println!("fetched {number}");
    }
    Ok(())
}

async fn store(mut queue: Receiver<u32>) -> Result<(), Failure> {
    let mut file = File::create(folder().join("jobs.txt"))?;
    while let Some(job) = queue.recv().await {
        sleep(Duration::from_millis(100)).await;
        writeln!(file, "{job}")?;
    }
    file.sync_all()?;
    Ok(())
}

#[on_shutdown::main]
async fn main() {
    let (give, take) = channel(16);
    spawn("fetch", |draining| fetch(draining, give));
    // Ends when fetching has ended and the queue is empty.
    spawn("store", |_| store(take));
    draining().await;
}
