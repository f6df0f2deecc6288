//! Packs files with a command-line program on ctrlc 3.5, before the migration. Written like the example in ctrlc's
//! README: a channel from the handler to main. The packed file gets its name only when it is complete.

use std::fs::{self, File};
use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use migrations::{Failure, folder};

fn main() -> Result<(), Failure> {
    let (stop, stopped) = channel();
    ctrlc::set_handler(move || stop.send(()).expect("main waits for it"))?;
    let (part, whole) = (folder().join("pack.part"), folder().join("pack"));
    let mut pack = File::create(&part)?;
    for number in 1..=200 {
        match stopped.recv_timeout(Duration::from_millis(50)) {
            Err(RecvTimeoutError::Timeout) => writeln!(pack, "file {number}")?,
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                fs::remove_file(&part)?;
                std::process::exit(130);
            }
        }
        println!("packed {number}");
    }
    fs::rename(&part, &whole)?;
    Ok(())
}
