//! Runs a service with `Type=notify`, stopped by systemd or by itself. The argument says what happens then.

use std::path::Path;
use std::thread;
use std::time::Duration;

use on_shutdown::{
    HookSettings, Phase, Settings, in_flight, is_draining, is_ready, register_sync, request_shutdown, systemd,
};
use sd_notify::NotifyState;

/// A test that wants the service to act by itself makes this file.
const ACT: &str = "/run/act";

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn hook(name: &'static str, phase: Phase, timeout: Duration, body: impl FnOnce() + Send + 'static) {
    let settings = HookSettings::new().phase(phase).timeout(timeout);
    let run = move |_: on_shutdown::HookContext| {
        println!("{name}");
        body();
    };
    register_sync(name, settings, run).expect("it is not too late");
}

fn hang() {
    loop {
        thread::park();
    }
}

/// Five pieces of work; from draining on, one of them ends each second.
fn work() {
    let mut guards: Vec<_> = (0..5).map(|_| in_flight("orders")).collect();
    thread::spawn(move || {
        while !is_draining() {
            thread::sleep(Duration::from_millis(10));
        }
        while !guards.is_empty() {
            thread::sleep(secs(1));
            guards.pop();
        }
    });
}

/// Until the file is there.
fn wait_to_act() {
    while !Path::new(ACT).exists() {
        thread::sleep(Duration::from_millis(20));
    }
}

/// Says that all is well, as `WatchdogSec=` wants it, as long as it is so.
fn ping_watchdog(well: impl Fn() -> bool + Send + 'static) {
    thread::spawn(move || {
        while well() {
            let _ = sd_notify::notify(&[NotifyState::Watchdog]);
            thread::sleep(Duration::from_millis(200));
        }
    });
}

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let settings = Settings::new().signal_exit_code(mode == "signal_exit_code");
    let _guard = settings.install().expect("the settings are right");
    hook("flushed", Phase::Finalize, secs(5), || ());
    match mode.as_str() {
        "signal_exit_code" => {}
        "drain" => work(),
        "hang" => hook("stuck", Phase::Stop, secs(60), hang),
        "hang-later" => {
            hook("quick", Phase::Deregister, secs(5), || thread::sleep(Duration::from_millis(300)));
            hook("stuck", Phase::Stop, secs(4), hang);
        }
        "leave" => {
            work();
            ping_watchdog(is_ready);
            thread::spawn(|| {
                wait_to_act();
                request_shutdown("the work is done").expect("it is installed");
            });
        }
        "fall-silent" => ping_watchdog(|| !Path::new(ACT).exists()),
        other => panic!("what is `{other}`?"),
    }
    println!("working");
    systemd::ready().expect("systemd listens");
    hang();
}
