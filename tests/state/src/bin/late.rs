//! Registers hooks during the shutdown.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, on_shutdown, register, register_sync};

/// Tries to register a hook, and prints the result.
fn try_one(from: &str, phase: Phase, priority: i32) {
    let name = format!("{phase} {priority}");
    let hook = {
        let (name, from) = (name.clone(), from.to_owned());
        move |_| println!("{name} ran, made in {from}")
    };
    if let Err(error) = register_sync(name, HookSettings::new().phase(phase).priority(priority), hook) {
        println!("{from}: {error}");
    }
}

#[on_shutdown(phase = deregister)]
fn in_deregister() {
    try_one("deregister", Phase::Deregister, 0);
    try_one("deregister", Phase::Drain, 3);
}

#[on_shutdown(phase = stop)]
async fn in_stop() {
    try_one("stop", Phase::Drain, 4);
    // The group of priority 5 has passed, and that of -5 is to come. The phase is the current one.
    try_one("stop", Phase::Stop, 5);
    try_one("stop", Phase::Stop, -5);
    try_one("stop", Phase::Close, 0);
    // Removed before its group begins.
    let removed = register("removed", HookSettings::new().phase(Phase::Close), async |_| println!("must not be seen"));
    assert!(removed.expect("close is to come").unregister());
    // A hook registers a hook, which registers a third hook.
    let settings = HookSettings::new().phase(Phase::Finalize).timeout(Duration::from_secs(1));
    let nested = register("nested", settings, async |_| try_one("nested", Phase::Finalize, 0));
    nested.expect("flush is to come");
}

#[on_shutdown(phase = close, priority = -1)]
fn in_close() {
    try_one("close", Phase::Stop, 0);
}

/// Registers hooks all the time, from threads of its own, while the phases pass.
fn hammer() {
    for number in 0.. {
        for phase in Phase::ALL {
            let hook = register_sync(format!("hammered {number}"), HookSettings::new().phase(phase), |_| ());
            // Removed before it begins, while it runs, or after it has ended.
            if let Ok(hook) = hook {
                hook.unregister();
            }
        }
    }
}

#[on_shutdown::main]
fn main() {
    if std::env::args().any(|argument| argument == "hammer") {
        for _ in 0..4 {
            std::thread::spawn(hammer);
        }
    }
    println!("ready");
    loop {
        std::thread::park();
    }
}
