//! A hook that is skipped; the argument says why.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, Settings, on_shutdown, register_sync};

struct Absent;

/// Nobody provides an `Absent`.
#[on_shutdown(phase = announce)]
fn needs_a_value(_absent: std::sync::Arc<Absent>) {
    println!("needs_a_value ran");
}

#[on_shutdown(phase = close)]
fn healthy() {
    println!("healthy ran");
}

/// Takes all the time there is, and registers a hook whose turn comes after that.
fn use_up_the_time() {
    let settings = HookSettings::new().phase(Phase::Flush).timeout(Duration::from_secs(3600));
    let hog = register_sync("hog", settings.clone(), move |_| {
        let late = settings.priority(-1);
        register_sync("late", late, |_| println!("late ran")).expect("the flush phase is under way").keep();
        std::thread::sleep(Duration::from_secs(3600));
    });
    hog.expect("the timeout is not zero").keep();
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
    handle.wait();
}
