//! Skips a hook, for the reason that the argument names.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, Settings, on_shutdown, register_sync};

struct Absent;

/// The program provides no `Absent`.
#[on_shutdown(phase = deregister)]
fn needs_a_value(_absent: std::sync::Arc<Absent>) {
    println!("needs_a_value ran");
}

/// The time that is kept for flush remains.
#[on_shutdown(phase = finalize, timeout = "100ms")]
fn healthy() {
    println!("healthy ran");
}

/// Registers a hook that takes all the time before flush, and that registers a hook of a later group.
fn use_up_the_time() {
    let settings = HookSettings::new().phase(Phase::Stop).timeout(Duration::from_secs(3600));
    let hog = register_sync("hog", settings.clone(), move |_| {
        let late = settings.priority(-1);
        register_sync("late", late, |_| println!("late ran")).expect("the phase is under way");
        std::thread::sleep(Duration::from_secs(3600));
    });
    hog.expect("the timeout is not zero");
}

fn main() {
    let settings = Settings::new().grace_period(Duration::from_secs(2));
    let settings = match std::env::args().nth(1).as_deref() {
        Some("no-value") => settings,
        Some("no-time") => {
            use_up_the_time();
            settings.disable_hook("skipped::needs_a_value")
        }
        other => panic!("what is {other:?}?"),
    };
    let handle = settings.install().expect("the settings are right");
    println!("ready");
    let _report = handle.wait();
}
