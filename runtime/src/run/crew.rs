//! The threads of a run: runners that wait for work, more of them when some are held up, and who ends the shutdown.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread;

use super::engine::Engine;
use super::hook_runtime::HookRuntime;
use super::{runner, supervisor};

/// More threads than this run no hooks; what exceeds it shares them.
const MOST_RUNNERS: usize = 512;

/// How far the end has come.
#[derive(Default)]
pub(super) struct Conclusion(AtomicU8);

const CONCLUDING: u8 = 1;
const CONCLUDED: u8 = 2;

impl Conclusion {
    /// Whether this call is the first one.
    fn begin(&self) -> bool {
        self.0.fetch_max(CONCLUDING, Ordering::SeqCst) == 0
    }

    fn end(&self) {
        self.0.store(CONCLUDED, Ordering::SeqCst);
    }

    fn is_over(&self) -> bool {
        self.0.load(Ordering::SeqCst) == CONCLUDED
    }
}

impl Engine {
    /// Waits until there may be something to run.
    pub(super) fn wait_for_work(&self) {
        let mut shared = self.lock();
        if shared.machine.queued() == 0 && !shared.machine.is_over() {
            shared.idle += 1;
            shared = self.work.wait(shared).unwrap_or_else(PoisonError::into_inner);
            shared.idle -= 1;
        }
    }

    /// Sees to it that somebody else takes what is queued; false where nobody can.
    pub(super) fn pass_on(self: &Arc<Self>) -> bool {
        let shared = self.lock();
        if shared.machine.queued() == 0 {
            return true;
        }
        if shared.idle > 0 {
            self.work.notify_one();
            return true;
        }
        drop(shared);
        self.add_runner()
    }

    /// One more thread that runs hooks; false where the system or our own limit refuses.
    pub(super) fn add_runner(self: &Arc<Self>) -> bool {
        let mut shared = self.lock();
        if shared.runners >= MOST_RUNNERS {
            return false;
        }
        shared.runners += 1;
        drop(shared);
        let engine = Arc::clone(self);
        let spawned = thread::Builder::new()
            .name("shutdown-hooks".to_owned())
            .spawn(move || runner::run(&engine, HookRuntime::default()));
        if spawned.is_err() {
            self.lock().runners -= 1;
        }
        spawned.is_ok()
    }

    /// Starts the supervisor where there is none yet; tried again later where the system refuses the thread.
    pub(super) fn ensure_supervisor(self: &Arc<Self>) -> bool {
        if self.lock().supervised {
            return true;
        }
        let engine = Arc::clone(self);
        let spawned =
            thread::Builder::new().name("shutdown-watch".to_owned()).spawn(move || supervisor::run(&engine)).is_ok();
        self.lock().supervised = spawned;
        spawned
    }

    /// The end, once, on the first runner that sees it.
    pub(super) fn conclude(&self) {
        if self.is_forced() {
            // The supervisor ends it at once: a second writer would be cut off in the middle of the report.
            if !self.lock().supervised {
                self.cut_off();
            }
        } else if self.conclusion.begin() {
            self.wait_until_told();
            self.surroundings.conclude(self.report());
            self.conclusion.end();
            self.mailbox.ring();
        }
    }

    /// The end, where nobody can be waited for.
    pub(super) fn cut_off(&self) {
        let told = !self.conclusion.begin();
        self.surroundings.cut_off(self.report(), told);
    }

    pub(super) fn is_concluded(&self) -> bool {
        self.conclusion.is_over()
    }
}
