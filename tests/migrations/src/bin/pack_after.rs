//! Runs the command-line program of `pack_before` with on-shutdown: the state after the migration.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use migrations::{Failure, folder};
use on_shutdown::{in_flight, is_draining, on_shutdown, provide};

#[derive(Clone)]
struct Part(PathBuf);

/// Runs at every end; a pack that is whole has its name by then.
#[on_shutdown(timeout = "1s")]
fn remove_part(part: Part) -> io::Result<()> {
    if part.0.exists() { fs::remove_file(part.0) } else { Ok(()) }
}

#[on_shutdown::main(signal_exit_code = true, quiet = true)]
fn main() -> Result<(), Failure> {
    // Until main has returned, no hook runs: none takes the part away from under it.
    let _packing = in_flight("packing");
    let (part, whole) = (folder().join("pack.part"), folder().join("pack"));
    let mut pack = File::create(&part)?;
    provide(Part(part.clone()))?;
    for number in 1..=200 {
        sleep(Duration::from_millis(50));
        if is_draining() {
            return Ok(());
        }
        writeln!(pack, "file {number}")?;
        println!("packed {number}");
    }
    fs::rename(&part, &whole)?;
    Ok(())
}
