//! Registers hooks at run time: before install, from many threads, dropped, unregistered, guarded, and mixed with
//! annotated hooks.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use on_shutdown::{HookGuard, HookSettings, Phase, RegisterError, Registration, Settings};
use on_shutdown::{on_shutdown, register, register_sync};

const THREADS: usize = 8;
/// Small enough that the report fits into a pipe, whose reader may be slow.
const EACH: usize = 12;

static RAN: AtomicUsize = AtomicUsize::new(0);
static HELD: Mutex<Vec<HookGuard>> = Mutex::new(Vec::new());

#[on_shutdown(priority = 5)]
fn annotated() {
    println!("annotated 5");
}

#[on_shutdown(phase = finalize)]
fn counted() {
    println!("ran {}", RAN.load(Ordering::SeqCst));
}

/// Registers an async hook if the number is even, otherwise a sync hook.
fn count(number: usize) -> Result<Registration, RegisterError> {
    let settings = HookSettings::new().phase(Phase::Close);
    match number % 2 {
        0 => register(format!("async {number}"), settings, async |_| ran()),
        _ => register_sync(format!("sync {number}"), settings, |_| ran()),
    }
}

fn ran() {
    RAN.fetch_add(1, Ordering::SeqCst);
}

/// Of every four hooks, the program drops the registration of one, holds the guard of one, unregisters one, and drops the
/// guard of one on another thread.
fn many() {
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for number in 0..EACH * 4 {
                    let registration = count(number).expect("in time");
                    match number / 2 % 4 {
                        0 => drop(registration),
                        1 => HELD.lock().expect("no panic").push(registration.into_guard()),
                        2 => assert!(registration.unregister(), "no hook has started"),
                        _ => {
                            let guard = registration.into_guard();
                            thread::spawn(move || drop(guard)).join().expect("no panic");
                        }
                    }
                }
            });
        }
    });
    println!("{} are to run", THREADS * EACH * 2);
}

fn main() {
    // Before the install.
    register("early 7", HookSettings::new().priority(7), async |_| println!("early 7")).expect("in time");
    let early = register_sync("early removed", HookSettings::new(), |_| println!("must not be seen"));
    assert!(early.expect("in time").unregister());
    let early = register_sync("early guarded", HookSettings::new(), |_| println!("must not be seen"));
    drop(early.expect("in time").into_guard());
    let held = register_sync("held 6", HookSettings::new().priority(6), |_| println!("held 6")).expect("in time");
    let held = held.into_guard();

    let handle = Settings::new().install().expect("nothing is wrong");
    register_sync("last -1", HookSettings::new().priority(-1), |_| println!("last -1")).expect("in time");
    let between = register("between 4", HookSettings::new().priority(4), async |_| {
        println!("between 4");
        std::io::Result::Ok(())
    });
    // A guard that is turned back into a registration removes nothing.
    drop(between.expect("in time").into_guard().into_registration());
    let fails = register("fails", HookSettings::new().phase(Phase::Finalize), async |_| Err::<(), _>("no disk"));
    fails.expect("in time");
    let zero = register_sync("zero", HookSettings::new().timeout(std::time::Duration::ZERO), |_| ());
    println!("error: {}", zero.expect_err("no time at all"));
    many();
    println!("the plan has {} hooks", handle.plan().hooks().count());
    println!("ready");
    let _ = (handle.wait(), held);
}
