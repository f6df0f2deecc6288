//! Runs a service with `Type=notify`. The argument says what happens when it stops.

use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};
use on_shutdown::{HookSettings, Phase, Settings, in_flight, is_draining, register_sync, request_shutdown, systemd};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Registers a hook that takes this long. `None`: for ever.
fn hook(name: &str, phase: Phase, timeout: Duration, takes: Option<Duration>) {
    let settings = HookSettings::new().phase(phase).timeout(timeout);
    let said = name.to_owned();
    let body = move |_: on_shutdown::HookContext| {
        println!("{said}");
        match takes {
            Some(time) => thread::sleep(time),
            None => loop {
                thread::park();
            },
        }
    };
    register_sync(name.to_owned(), settings, body).expect("it is not too late");
}

/// Begins this many pieces of work. From draining on, one of them ends every 500 ms.
fn work(pieces: usize) {
    let mut guards: Vec<_> = (0..pieces).map(|_| in_flight("orders")).collect();
    thread::spawn(move || {
        while !is_draining() {
            thread::sleep(ms(5));
        }
        while guards.pop().is_some() {
            thread::sleep(ms(500));
        }
    });
}

fn usual_hooks() {
    hook("leave", Phase::Deregister, ms(5000), Some(ms(0)));
    hook("consumer", Phase::Stop, ms(5000), Some(ms(0)));
    hook("clock", Phase::Stop, ms(5000), Some(ms(0)));
    hook("pool", Phase::Close, ms(5000), Some(ms(0)));
    hook("metrics", Phase::Finalize, ms(5000), Some(ms(0)));
}

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let delay = if mode == "delays" { ms(1500) } else { ms(0) };
    let settings = Settings::new().grace_period(ms(30_000)).drain_delay(delay);
    if mode == "ready-first" {
        systemd::ready().expect("the socket has a listener");
    }
    let _guard = settings.install().expect("the settings are right");
    match mode.as_str() {
        "drains" => {
            work(4);
            hook("metrics", Phase::Finalize, ms(5000), Some(ms(0)));
        }
        // No hook has ended before this one.
        "hangs" => hook("stuck", Phase::Stop, ms(1200), None),
        "hangs-long" => hook("stuck", Phase::Stop, ms(20_000), None),
        "hangs-later" => {
            hook("quick", Phase::Drain, ms(5000), Some(ms(300)));
            hook("stuck", Phase::Stop, ms(1500), None);
            hook("metrics", Phase::Finalize, ms(5000), Some(ms(0)));
        }
        "hostile-words" => {
            hook("two\nlines\nWATCHDOG=trigger", Phase::Stop, ms(5000), Some(ms(700)));
            let _ = request_shutdown("because\nREADY=1");
        }
        "itself" => {
            usual_hooks();
            let _ = request_shutdown("the work is done");
        }
        _ => usual_hooks(),
    }
    if mode == "no-descriptors" {
        setrlimit(Resource::RLIMIT_NOFILE, 3, 3).expect("a limit can be lowered");
    }
    if !["silent", "ready-first"].contains(&mode.as_str()) {
        match systemd::ready() {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => println!("not ready: no room"),
            Err(error) => println!("not ready: {error}"),
        }
    }
    println!("ready");
    loop {
        thread::park();
    }
}
