//! A long job that saves how far it is, and continues there after a restart.
//!
//! Run `cargo run -p cookbook --bin checkpoint -- /tmp/progress`, press Ctrl-C, and run it again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use on_shutdown::{Task, is_draining};

fn load(path: &Path) -> anyhow::Result<u64> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().parse()?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// As a whole or not at all: a process that is killed in between leaves the earlier file.
fn save(path: &Path, step: u64) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, step.to_string())?;
    fs::File::open(&new)?.sync_all()?;
    fs::rename(new, path)
}

/// Asks before each step, so a step must be shorter than the grace period.
fn work(path: &Path) -> anyhow::Result<()> {
    let first = load(path)?;
    println!("ready at step {first}");
    for step in first..100 {
        if is_draining() {
            save(path, step)?;
            println!("saved step {step}");
            return Ok(());
        }
        sleep(Duration::from_millis(50));
        println!("step {step} is done");
    }
    fs::remove_file(path).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    println!("the job is done");
    Ok(())
}

/// No hook: the job itself is work in flight, and saves before it ends. It may end at any time, because it has an end. If it
/// fails, the program stops with exit code 1.
#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let path = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("progress"), PathBuf::from);
    Task::new("import").may_end().spawn_blocking(move || work(&path)).await??;
    Ok(())
}
