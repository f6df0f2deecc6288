//! Registers a hook at run time, and drops its registration or its guard at the moment that the argument names.

use std::process::ExitCode;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use on_shutdown::{
    ExitMode, HookSettings, Outcome, Phase, Registration, Settings, SkipReason, on_shutdown, register_sync,
};

const THREADS: usize = 4;
/// Maximum number of hooks that one thread registers after the trigger: they stay in the report.
const AFTER_THE_TRIGGER: usize = 100;

#[on_shutdown(phase = finalize)]
fn other() {
    println!("other");
}

fn save() -> Registration {
    register_sync("save", HookSettings::new().phase(Phase::Flush), |_| println!("saved")).expect("in time")
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("registration-in-main") => registration_in_main(),
        Some("guard-in-main") => guard_in_main(),
        Some("guard-in-quiet-main") => guard_in_quiet_main(),
        Some("guard-before") => guard_before(),
        Some("main-panics") => main_panics(),
        Some("thread-panics") => thread_panics(),
        Some("unregister") => unregister(),
        Some("race") => race(),
        other => panic!("what is {other:?}?"),
    }
}

/// The local variable is dropped after the drain phase, while the hook waits for its phase.
#[on_shutdown::main]
async fn registration_in_main() {
    let _registration = save();
    println!("ready");
    on_shutdown::serve("work", |draining| draining).await;
}

async fn drop_guard_while_draining() {
    // Holds up the drain phase until the guard is dropped, so that the hook has not started.
    let in_flight = on_shutdown::in_flight("main");
    let guard = save().into_guard();
    println!("ready");
    on_shutdown::draining().await;
    drop(guard);
    drop(in_flight);
}

#[on_shutdown::main]
async fn guard_in_main() {
    drop_guard_while_draining().await;
}

#[on_shutdown::main(quiet = true)]
async fn guard_in_quiet_main() {
    drop_guard_while_draining().await;
}

#[on_shutdown::main]
fn guard_before() {
    let guard = save().into_guard();
    drop(guard);
}

#[on_shutdown::main]
fn main_panics() {
    let _guard = save().into_guard();
    panic!("no such luck");
}

#[on_shutdown::main]
fn thread_panics() {
    let guard = save().into_guard();
    let ended = thread::spawn(move || {
        let _guard = guard;
        panic!("no such luck");
    });
    assert!(ended.join().is_err());
}

static LATER: Mutex<Option<Registration>> = Mutex::new(None);
static STARTED: Mutex<Option<Registration>> = Mutex::new(None);

fn unregister_one(name: &str, registration: &Mutex<Option<Registration>>) {
    let registration = registration.lock().expect("no panic").take().expect("registered");
    println!("{name}: {}", registration.unregister());
}

/// A hook unregisters itself, and a hook of a later phase.
#[on_shutdown::main]
fn unregister() {
    let hook = register_sync("unregisters", HookSettings::new(), |_| {
        unregister_one("started", &STARTED);
        unregister_one("later", &LATER);
    });
    *STARTED.lock().expect("no panic") = Some(hook.expect("in time"));
    *LATER.lock().expect("no panic") = Some(save());
}

/// Drops guards all the time, while the trigger comes. The hooks wait for their phase.
fn race() -> ExitCode {
    let done = Arc::new(Barrier::new(THREADS + 1));
    let all_done = Arc::clone(&done);
    // Holds up the phase `stop` until all guards are dropped, so that no hook has started.
    let waits = move |_| {
        all_done.wait();
    };
    register_sync("waits", HookSettings::new(), waits).expect("in time");
    let handle = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    let start = |thread| {
        let done = Arc::clone(&done);
        thread::spawn(move || {
            let dropped = drop_guards(thread);
            done.wait();
            dropped
        })
    };
    let threads: Vec<_> = (0..THREADS).map(start).collect();
    println!("ready");
    let report = handle.wait();
    for thread in threads {
        let (before, after) = thread.join().expect("no panic");
        for name in after {
            let outcome = report.hook(&name).map(|hook| &hook.outcome);
            assert_eq!(outcome, Some(&Outcome::Skipped(SkipReason::GuardDropped)), "{name} is lost\n{report}");
        }
        assert!(before.is_none_or(|name| report.hook(&name).is_none()), "removed before the trigger\n{report}");
    }
    println!("checked {} guards", THREADS * AFTER_THE_TRIGGER);
    ExitCode::SUCCESS
}

/// Returns the last hook whose guard was dropped before the trigger, and the hooks whose guards were dropped after it.
fn drop_guards(thread: usize) -> (Option<String>, Vec<String>) {
    let (mut before, mut after) = (None, Vec::new());
    let mut numbers = 0..;
    while after.len() < AFTER_THE_TRIGGER {
        let name = format!("{thread}-{}", numbers.next().unwrap_or_default());
        let hook = register_sync(name.clone(), HookSettings::new().phase(Phase::Flush), |_| ());
        let guard = hook.expect("flush is to come").into_guard();
        let was_ready = on_shutdown::is_ready();
        drop(guard);
        if !was_ready {
            after.push(name);
        } else if on_shutdown::is_ready() {
            before = Some(name);
        }
    }
    (before, after)
}
