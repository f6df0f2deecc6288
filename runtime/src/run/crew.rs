//! The threads of a run: runners that wait for work, more of them when some are held up, and who ends the shutdown.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread;

use super::culprit::Seat;
use super::engine::Engine;
use super::hook_runtime::HookRuntime;
use super::{runner, supervisor};

/// More threads than this run no hooks; what exceeds it shares them.
const MOST_RUNNERS: usize = 512;

/// A thread that is there since install and sleeps until it is called to be the supervisor.
///
/// To start it at the trigger would take longer than all else before the first hook, and a system that has no more
/// threads then would leave the hooks unwatched.
pub(crate) struct Standby(SyncSender<Arc<Engine>>);

impl Standby {
    /// Takes no signals: until it is called it has the mask of the thread that starts it.
    pub(crate) fn start() -> io::Result<Self> {
        let (call, called) = sync_channel(1);
        let watch = move || {
            if let Ok(engine) = called.recv() {
                supervisor::run(&engine);
            }
        };
        thread::Builder::new().name("shutdown-watch".to_owned()).spawn(watch)?;
        Ok(Self(call))
    }

    pub(super) fn call(self, engine: &Arc<Engine>) {
        let _ = self.0.send(Arc::clone(engine));
    }
}

/// How far the end has come.
#[derive(Default)]
pub(super) struct Conclusion(AtomicU8);

const CONCLUDING: u8 = 1;
const CONCLUDED: u8 = 2;

impl Conclusion {
    fn has_begun(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

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
            .spawn(move || runner::run(&engine, HookRuntime::default(), None));
        if spawned.is_err() {
            self.lock().runners -= 1;
        }
        spawned.is_ok()
    }

    /// Whether hooks are queued, and every thread that could run them is held by one that was given up.
    pub(super) fn is_deserted(&self) -> bool {
        let shared = self.lock();
        let held = |seat: &Arc<Seat>| shared.machine.is_abandoned(seat.hook());
        shared.machine.queued() > 0 && shared.seats.iter().all(held)
    }

    /// The end, once, on the first runner that sees it.
    pub(super) fn conclude(&self) {
        // A forced end is the supervisor's: a second writer would be cut off in the middle of the report.
        if !self.is_forced() && self.conclusion.begin() {
            self.tell_began();
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

    /// Whether somebody is about the end, or could be.
    pub(super) fn finds_its_end(self: &Arc<Self>) -> bool {
        self.conclusion.has_begun() || self.lock().idle > 0 || self.add_runner()
    }

    pub(super) fn is_concluded(&self) -> bool {
        self.conclusion.is_over()
    }
}
