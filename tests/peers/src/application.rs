//! Runs the application around the hooks, which every program starts when its signals are handled.

use std::io::Write;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use nix::sys::resource::{Resource, setrlimit};
use tokio::runtime::{Builder, Runtime};

use crate::hook::spin;

/// The environment variable that names one of [`Application`].
pub const APPLICATION: &str = "APPLICATION";

/// Not one per CPU, as without a word: the table is to be the same on every machine.
const WORKERS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Application {
    /// Serves.
    Serves,
    /// Blocks all workers of its multi-thread runtime.
    BlocksWorkers,
    /// Computes for ever on its current-thread runtime.
    Spins,
    /// Its main thread keeps the lock of stdout.
    HoldsStdout,
    /// No further thread can be made.
    NoThreads,
}

impl Application {
    fn asked_for() -> Self {
        let known = [Self::Serves, Self::BlocksWorkers, Self::Spins, Self::HoldsStdout, Self::NoThreads];
        let asked = std::env::var(APPLICATION).expect(APPLICATION);
        known.into_iter().find(|application| format!("{application:?}") == asked).expect("APPLICATION is known")
    }
}

/// The application's runtime, as `#[tokio::main]` makes it.
pub fn runtime() -> Runtime {
    let mut builder = match Application::asked_for() {
        Application::Spins => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(WORKERS).enable_all().build().expect("a runtime")
}

/// Says `ready` when all is as bad as it was asked for. To be called on the main thread, inside the runtime.
pub fn start() {
    match Application::asked_for() {
        Application::Serves => println!("ready"),
        Application::BlocksWorkers => {
            block_workers();
            println!("ready");
        }
        // The only thread of this runtime says it, when nothing else runs on it any more.
        Application::Spins => {
            tokio::spawn(async {
                println!("ready");
                spin()
            });
        }
        Application::HoldsStdout => {
            let mut stdout = std::io::stdout().lock();
            writeln!(stdout, "ready").expect("stdout is read");
            std::mem::forget(stdout);
        }
        Application::NoThreads => {
            setrlimit(Resource::RLIMIT_NPROC, 1, 1).expect("a limit may be lowered");
            println!("ready");
        }
    }
}

fn block_workers() {
    let (blocked, all_blocked) = channel();
    for _ in 0..WORKERS {
        let blocked = blocked.clone();
        tokio::spawn(async move {
            blocked.send(()).expect("the main thread waits for it");
            thread::sleep(Duration::from_secs(3600));
        });
    }
    // The main thread is none of the workers.
    all_blocked.iter().take(WORKERS).for_each(drop);
}
