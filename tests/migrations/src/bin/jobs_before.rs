//! Runs a worker of two subsystems, before the migration. Written like the examples 01, 05 and 21 of
//! tokio-graceful-shutdown 0.20: one fetches jobs, one stores them. With `fails` as second argument, the first one
//! fails at its fifth job.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use migrations::{Failure, folder};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::sleep;
use tokio_graceful_shutdown::{FutureExt, SubsystemBuilder, SubsystemHandle, Toplevel};

async fn next_job(number: u32) -> Result<u32, Failure> {
    sleep(Duration::from_millis(50)).await;
    let fails = number == 5 && std::env::args().nth(2).is_some_and(|arg| arg == "fails");
    if fails { Err("the queue is gone".into()) } else { Ok(number) }
}

async fn fetch(subsys: &mut SubsystemHandle, queue: Sender<u32>) -> Result<(), Failure> {
    for number in 1.. {
        match next_job(number).cancel_on_shutdown(subsys).await {
            Ok(job) => queue.send(job?).await?,
            Err(_) => break,
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

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (give, take) = channel(16);
    Toplevel::new(async |subsys: &mut SubsystemHandle| {
        subsys
            .start(SubsystemBuilder::new("fetch", async move |subsys: &mut SubsystemHandle| fetch(subsys, give).await));
        subsys.start(SubsystemBuilder::new("store", async move |_: &mut SubsystemHandle| store(take).await));
    })
    .catch_signals()
    .handle_shutdown_requests(Duration::from_secs(5))
    .await
    .map_err(Into::into)
}
