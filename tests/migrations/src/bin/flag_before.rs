//! Runs a worker loop until a flag is set, before the migration. Written like the example in signal-hook's
//! README.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use migrations::{Failure, folder};
use signal_hook::consts::{SIGINT, SIGTERM};

fn save(jobs: &[String]) -> std::io::Result<()> {
    sleep(Duration::from_millis(300));
    fs::write(folder().join("jobs.txt"), jobs.join("\n"))?;
    println!("saved");
    Ok(())
}

fn main() -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, Arc::clone(&stop))?;
    signal_hook::flag::register(SIGINT, Arc::clone(&stop))?;
    let mut jobs = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(50));
        jobs.push(format!("job {}", jobs.len()));
        println!("done {}", jobs.len());
    }
    save(&jobs)?;
    Ok(())
}
