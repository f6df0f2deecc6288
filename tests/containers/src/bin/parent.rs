//! Runs a service with two children, one started before the stop and one by a hook. Each prints the signals that it
//! inherited. With `CONTROL` set, the service does the same without installing on-shutdown.

use std::ffi::CString;
use std::process::{Child, Command, exit};
use std::sync::{Arc, Mutex};
use std::thread;

use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawn};
use nix::sys::wait::waitpid;
use on_shutdown::{Settings, on_shutdown};

/// This program.
const SELF: &str = "/proc/self/exe";

type Early = Arc<Mutex<Child>>;

/// Not by the standard library, whose `Command` would clear a mask that we left behind.
#[on_shutdown(timeout = "2s")]
fn make_late_child() -> Result<(), String> {
    let args = [c"parent", c"late child"].map(CString::from);
    let none: [CString; 0] = [];
    let attributes = PosixSpawnAttr::init().map_err(|error| error.to_string())?;
    let actions = PosixSpawnFileActions::init().map_err(|error| error.to_string())?;
    let child = posix_spawn(SELF, &actions, &attributes, &args, &none).map_err(|error| error.to_string())?;
    let status = waitpid(child, None).map_err(|error| error.to_string())?;
    println!("late child: {status:?}");
    Ok(())
}

/// It ended long ago; its status must still be there.
#[on_shutdown(phase = finalize, timeout = "1s")]
fn wait_for_early_child(child: Early) -> Result<(), String> {
    let status = child.lock().map_err(|error| error.to_string())?.wait().map_err(|error| error.to_string())?;
    println!("early child: {status}");
    Ok(())
}

/// Says what this process inherited, and ends with 42.
fn child(name: &str) -> ! {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is there");
    for line in status.lines().filter(|line| line.starts_with("Sig")) {
        println!("{name}: {}", line.replace('\t', " "));
    }
    exit(42)
}

fn main() -> Result<(), String> {
    if let Some(name) = std::env::args().nth(1) {
        child(&name);
    }
    let control = std::env::var_os("CONTROL").is_some();
    let installed = if control { None } else { Some(Settings::new().install()) };
    let _guard = installed.transpose().map_err(|error| error.to_string())?;
    let early = Command::new(SELF).arg("early child").spawn().map_err(|error| error.to_string())?;
    let early = Arc::new(Mutex::new(early));
    if control {
        make_late_child()?;
        return wait_for_early_child(early);
    }
    on_shutdown::provide(early).map_err(|error| error.to_string())?;
    println!("ready");
    loop {
        thread::park();
    }
}
