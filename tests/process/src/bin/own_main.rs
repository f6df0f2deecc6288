//! Owns its `main`: ends by `Settings::run` or by `Handle::finish`, in the way that the argument names.

use std::process::ExitCode;
use std::time::Duration;

use on_shutdown::{ExitMode, Handle, Settings, ShutdownGuard, on_shutdown};

#[on_shutdown]
fn hook() {
    println!("hook");
}

#[on_shutdown(phase = finalize)]
async fn last() -> Result<(), &'static str> {
    println!("last");
    if std::env::args().nth(2).as_deref() == Some("hook-fails") { Err("no disk") } else { Ok(()) }
}

struct PrintsInDrop;

impl Drop for PrintsInDrop {
    fn drop(&mut self) {
        println!("the destructor ran");
    }
}

fn main() -> ExitCode {
    let settings = Settings::new();
    match std::env::args().nth(1).as_deref() {
        Some("run-returned") => settings.run(|| ()),
        Some("run-failed") => settings.run(|| Err::<(), _>("the disk is full")),
        Some("run-panicked") => settings.run(|| -> () { panic!("no such luck") }),
        Some("run-code") => settings.run(|| ExitCode::from(3)),
        Some("run-bad-settings") => settings.grace_period(Duration::ZERO).run(|| println!("must not be seen")),
        Some("run-stopped") => settings.run(stopped),
        Some("run-goes-on") => settings.exit_mode(ExitMode::Return).run(|| ()),
        Some("finish") => installed(settings).finish(),
        Some("finish-stopped") => {
            let guard = installed(settings);
            stopped();
            guard.finish()
        }
        Some("finish-goes-on") => goes_on(&installed(settings.exit_mode(ExitMode::Return))),
        other => panic!("what is {other:?}?"),
    }
}

fn installed(settings: Settings) -> ShutdownGuard {
    settings.install().expect("the settings are right")
}

/// Returns while the shutdown is in progress.
fn stopped() {
    let mut in_flight = Some(on_shutdown::in_flight("main"));
    println!("ready");
    while !on_shutdown::is_draining() {
        std::thread::sleep(Duration::from_millis(1));
    }
    in_flight.take();
}

fn goes_on(handle: &Handle) -> ! {
    thread_local!(static PRINTS: PrintsInDrop = const { PrintsInDrop });
    PRINTS.with(|_| ());
    handle.finish()
}
