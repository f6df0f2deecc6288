//! Runs the worker loop of `flag_before` with on-shutdown. The clean-up stays at the end of `main`.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use migrations::{Failure, folder};
use on_shutdown::{Settings, is_draining, on_shutdown};

fn save(jobs: &[String]) -> std::io::Result<()> {
    sleep(Duration::from_millis(300));
    fs::write(folder().join("jobs.txt"), jobs.join("\n"))?;
    println!("saved");
    Ok(())
}

#[on_shutdown(phase = close, timeout = "1s")]
fn close_pool() {
    println!("closed the pool");
}

fn main() -> Result<(), Failure> {
    let _guard = Settings::new().install()?;
    let mut jobs = Vec::new();
    while !is_draining() {
        sleep(Duration::from_millis(50));
        jobs.push(format!("job {}", jobs.len()));
        println!("done {}", jobs.len());
    }
    save(&jobs)?;
    Ok(())
}
