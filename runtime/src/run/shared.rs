//! Holds the data that the threads of a run share, and the protocol by which they change it.
//!
//! # The lock
//! One mutex guards [`Shared`]: the driver with the state of the shutdown, and the threads that run hooks. Every change
//! calls [`Run::publish`] before it releases the lock. `publish` tells the observer of the events, and wakes the threads
//! that wait for the change. After the release, it wakes cancelled futures and logs the events.
//!
//! A thread that holds the lock must not block and must not run user code. It may use the atomics of [`crate::drain`]
//! and the short lock around the names of work in flight (through [`Program`](super::state::Program)). It may also call
//! [`Observer::event`], which must not block. None of these takes the lock of the run.
//!
//! # Threads that wait, and what wakes them
//! - **Workers** wait on `work` while nothing is queued. A thread that queues work notifies one worker. The end of the
//!   shutdown notifies all.
//! - **The supervisor** waits on the inbox until `supervisor_sleeps_until`, which it sets under the lock at the end of
//!   each look. A thread that makes something due earlier wakes the inbox. Both sides hold the lock when they read or
//!   write that time, so no wake-up is missed: either the look sees the change, or the change sees the time.
//! - **User code that waits** (for a stage, or for a fast shutdown) has wakers, which are user code. Workers call them
//!   from the queue, like hooks. So a waker that blocks holds up neither the lock nor the supervisor.
//!
//! # Memory ordering
//! Four values are outside the lock: `began` is a `OnceLock`, which orders itself. `began_emitted`, `emitting` and the
//! finalization are explained where they are used.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::began::Began;
use super::driver::{Driver, Next};
use super::hook_future::CancelHandle;
use super::observer::{Finalizer, Observer};
use super::state::{Finish, ShutdownState};
use super::worker_slot::WorkerSlot;
use crate::hook::context::FastSignal;
use crate::hook::registry::{HookSink, RemovedBy, TooLateError};
use crate::hook::{HookRef, Values};
use crate::plan::{Id, Plan};
use crate::telemetry::{Event, Output, TELEMETRY};
use crate::trigger::{Inbox, Message};

/// How often the supervisor counts the work in flight during the drain phase, for the report. The end of the phase does
/// not depend on this interval, because the last piece of work that ends wakes the supervisor.
const RECOUNT: Duration = Duration::from_millis(20);
/// How long queued hooks wait behind a thread that is held up before another thread takes them. A hook that ends at
/// once takes far less; a person or a gateway does not notice the delay.
pub(super) const TAKEOVER: Duration = Duration::from_millis(1);
/// Maximum number of threads that run hooks. Each thread has a stack. Further hooks share these threads.
const MAX_WORKERS: usize = 512;

/// One run of a shutdown. Install prepares it; it lasts from the trigger until the process ends or continues.
pub(crate) struct Run {
    pub(super) inbox: Arc<Inbox>,
    pub(super) values: Arc<dyn Values + Send + Sync>,
    pub(super) output: Arc<Output>,
    observer: Option<Arc<dyn Observer>>,
    pub(super) finalizer: Arc<dyn Finalizer>,
    pub(super) fast: Arc<FastSignal>,
    program_runtime: OnceLock<tokio::runtime::Handle>,
    began: OnceLock<Began>,
    began_emitted: AtomicBool,
    shared: Mutex<Shared>,
    work: Condvar,
    /// The number of threads that are emitting events. The finalization waits for their lines.
    pub(super) emitting: AtomicUsize,
    pub(super) finalization: Finalization,
}

/// What the lock guards.
pub(super) struct Shared {
    pub(super) driver: Driver,
    pub(super) workers: usize,
    pub(super) idle: usize,
    pub(super) slots: Vec<Arc<WorkerSlot>>,
    supervisor_sleeps_until: Duration,
}

impl Run {
    /// Prepares everything that the run needs at the trigger.
    pub(crate) fn new(
        state: ShutdownState,
        inbox: Arc<Inbox>,
        values: Arc<dyn Values + Send + Sync>,
        output: Arc<Output>,
        observer: Option<Arc<dyn Observer>>,
        finalizer: Arc<dyn Finalizer>,
    ) -> Arc<Self> {
        let shared = Shared {
            driver: Driver::new(state),
            workers: 1,
            idle: 0,
            slots: Vec::new(),
            supervisor_sleeps_until: Duration::MAX,
        };
        Arc::new(Self {
            inbox,
            values,
            output,
            observer,
            finalizer,
            fast: Arc::clone(shared.driver.fast()),
            program_runtime: OnceLock::new(),
            began: OnceLock::new(),
            began_emitted: AtomicBool::new(false),
            shared: Mutex::new(shared),
            work: Condvar::new(),
            emitting: AtomicUsize::new(0),
            finalization: Finalization::default(),
        })
    }

    /// Sets the program's own runtime; the first one stays.
    pub(crate) fn set_program_runtime(&self, runtime: tokio::runtime::Handle) {
        let _ = self.program_runtime.set(runtime);
    }

    pub(crate) fn program_runtime(&self) -> Option<&tokio::runtime::Handle> {
        self.program_runtime.get()
    }

    /// Begins the shutdown whose trigger came just now. The calling thread then becomes the first worker.
    ///
    /// `start_supervisor` makes another thread supervise the hooks, and returns at once.
    pub(super) fn begin(&self, messages: impl IntoIterator<Item = Message>, start_supervisor: impl FnOnce()) {
        let mut messages = messages.into_iter();
        let Some(first) = messages.next() else { return };
        let at = Instant::now();
        // Before the state changes, so that no thread can tell the observer of a change first.
        self.observe(&Event::Triggered);
        let mut shared = self.lock();
        let trigger = Arc::new(shared.driver.begin(first));
        messages.for_each(|message| shared.driver.receive(Duration::ZERO, message));
        self.began.get_or_init(|| Began::new(at, trigger));
        // The supervisor looks for the first time after the hooks that end at once have ended.
        shared.supervisor_sleeps_until = TAKEOVER;
        drop(shared);
        // Without the lock, which the supervisor takes.
        start_supervisor();
        if TELEMETRY {
            // The spans around the first hooks wait until the subscriber has answered this call.
            self.emit_began_once();
        }
        self.publish(self.lock(), Duration::ZERO);
    }

    pub(crate) fn output(&self) -> &Arc<Output> {
        &self.output
    }

    /// Sends a message to the shutdown.
    pub(crate) fn send(&self, message: Message) {
        self.inbox.send(message);
    }

    /// Returns whether the shutdown has begun.
    pub(crate) fn has_begun(&self) -> bool {
        self.began.get().is_some()
    }

    pub(super) fn began(&self) -> Option<&Began> {
        self.began.get()
    }

    /// Returns the plan as it is now, with the hooks made at run time.
    pub(crate) fn plan(&self) -> Plan {
        self.lock().driver.state().plan().clone()
    }

    /// Returns the time since the trigger.
    pub(crate) fn now(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, |began| began.at.elapsed())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        // No user code runs under the lock, so a panic of ours has left at most one change undone.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one change under the lock, and passes it the current time.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Shared, Duration) -> T) -> T {
        let mut shared = self.lock();
        let now = self.now();
        let result = change(&mut shared, now);
        self.publish(shared, now);
        result
    }

    /// Records how the last hook ended and takes the next task, in one step.
    pub(super) fn next(&self, finished: Option<(Id, Finish)>) -> Next {
        // Kept until the lock is released: the state drops the outcome of an abandoned hook, and `Drop` is user code.
        let _error = finished.as_ref().and_then(|(_, finish)| finish.error());
        self.change(|shared, now| {
            if let Some((id, finish)) = finished {
                shared.driver.finish(id, now, finish, 0);
            }
            shared.driver.next(now)
        })
    }

    /// Records how a hook ended, and how many tasks it left.
    pub(super) fn finish(&self, id: Id, finish: Finish, left_tasks: usize) {
        // As in `next`.
        let _error = finish.error();
        self.change(|shared, now| shared.driver.finish(id, now, finish, left_tasks));
    }

    /// Allows a future to be cancelled from now on.
    pub(super) fn watch_future(&self, id: Id, cancel: Arc<CancelHandle>) {
        let is_overdue = self.lock().driver.watch_future(id, Arc::clone(&cancel));
        // Without the lock, because it wakes the future.
        if is_overdue {
            cancel.cancel();
        }
    }

    /// Counts the hook's time from now on; see [`ShutdownState::restart_clock`].
    pub(super) fn restart_clock(&self, id: Id) -> Option<Duration> {
        self.change(|shared, now| shared.driver.restart_clock(id, now))
    }

    /// Returns how much of its time a hook has left.
    pub(super) fn time_left(&self, id: Id) -> Duration {
        let (now, shared) = (self.now(), self.lock());
        let limit = shared.driver.state().running().find(|(running, ..)| *running == id).map(|(_, _, _, limit)| limit);
        limit.unwrap_or_default().saturating_sub(now)
    }

    pub(super) fn is_forced(&self) -> bool {
        self.lock().driver.state().is_forced()
    }

    /// Applies the messages that are in the inbox. Takes them under the lock, so that no report misses a message that
    /// another thread has taken and not applied yet.
    pub(super) fn receive_messages(&self) {
        self.change(|shared, now| {
            self.inbox.take().into_iter().for_each(|message| shared.driver.receive(now, message))
        });
    }

    /// Ends a critical section: tells the observer of the events, wakes the threads that wait for the change, releases the
    /// lock, then logs the events.
    pub(super) fn publish(&self, mut shared: MutexGuard<'_, Shared>, now: Duration) {
        let (cancels, events) = shared.driver.take_effects(now);
        // Under the lock: without it another thread could tell of a later event first.
        events.iter().for_each(|event| self.observe(event));
        if cancels.is_empty() && events.is_empty() {
            return self.wake_waiting(shared, now);
        }
        // Relaxed, under the lock: a thread that sees the state after this change sees the count, and so waits for the
        // lines.
        self.emitting.fetch_add(1, Ordering::Relaxed);
        self.wake_waiting(shared, now);
        cancels.iter().for_each(|cancel| cancel.cancel());
        events.into_iter().for_each(|event| self.log(event));
        // Release: the finalization sees the lines as written when it sees this count.
        self.emitting.fetch_sub(1, Ordering::Release);
    }

    /// Wakes the worker and the supervisor that have something to do, and releases the lock.
    fn wake_waiting(&self, mut shared: MutexGuard<'_, Shared>, now: Duration) {
        if shared.driver.state().is_over() {
            // All of them must see the end.
            self.work.notify_all();
        // One is enough: the worker that takes a task comes through here, and wakes the next one.
        } else if shared.idle > 0 && shared.driver.queued() > 0 {
            self.work.notify_one();
        }
        let wakes_supervisor = shared.due(now) < shared.supervisor_sleeps_until;
        if wakes_supervisor {
            // Once is enough until the next look.
            shared.supervisor_sleeps_until = Duration::ZERO;
        }
        drop(shared);
        if wakes_supervisor {
            self.inbox.wake();
        }
    }

    /// Tells the observer and the log of an event that belongs to no change of the state.
    pub(super) fn emit(&self, event: Event) {
        self.observe(&event);
        self.log(event);
    }

    pub(super) fn observe(&self, event: &Event) {
        self.observer.iter().for_each(|observer| observer.event(event));
    }

    pub(super) fn has_observer(&self) -> bool {
        self.observer.is_some()
    }

    fn log(&self, event: Event) {
        if event.sentence().is_some() {
            self.emit_began_once();
        }
        self.output.log(event);
    }

    /// Emits that the shutdown has begun, before every other line.
    pub(super) fn emit_began_once(&self) {
        // A hook that is registered before the trigger may have a warning. The shutdown has not begun then.
        if self.began().is_none() {
            return;
        }
        // Acquire, with the release below: a thread that sees the flag sees the count, and so waits for the line.
        if self.began_emitted.load(Ordering::Acquire) {
            return;
        }
        self.emitting.fetch_add(1, Ordering::Relaxed);
        if !self.began_emitted.swap(true, Ordering::AcqRel) {
            self.emit_began();
        }
        self.emitting.fetch_sub(1, Ordering::Release);
    }

    fn emit_began(&self) {
        let Some(began) = self.began() else { return };
        let shared = self.lock();
        let plan = shared.driver.state().plan();
        let hooks = plan.groups().map(|(_, group)| group.members.len()).sum();
        let within = plan.budget().total();
        // The log takes its time, and the first worker waits for the lock.
        drop(shared);
        began.read_sender_name();
        self.emit(Event::Began { trigger: began.named_trigger(), hooks, within });
    }
}

/// Methods for the threads that run hooks.
impl Run {
    /// Blocks until there may be a task to run.
    pub(super) fn wait_for_work(&self) {
        let mut shared = self.lock();
        // Once and not in a loop: a caller that finds no task comes back.
        if shared.driver.queued() == 0 && !shared.driver.state().is_over() {
            shared.idle += 1;
            shared = self.work.wait(shared).unwrap_or_else(PoisonError::into_inner);
            shared.idle -= 1;
        }
    }

    /// Returns false if a task is queued and no worker is idle. The change that queued the task has woken an idle worker,
    /// and none becomes idle while a task is queued.
    pub(super) fn has_worker_for_queue(&self) -> bool {
        let shared = self.lock();
        shared.driver.queued() == 0 || shared.idle > 0
    }

    /// Counts one more worker. Returns false if the maximum is reached.
    pub(super) fn count_worker(&self) -> bool {
        let mut shared = self.lock();
        let may_be = shared.workers < MAX_WORKERS;
        shared.workers += usize::from(may_be);
        may_be
    }

    /// Returns whether a task is queued while user code that does not return holds every worker.
    pub(super) fn is_deserted(&self) -> bool {
        let shared = self.lock();
        let is_held = |slot: &Arc<WorkerSlot>| slot.is_waking() || shared.driver.state().is_abandoned(slot.hook());
        // A worker that was just started has no slot yet, and an idle one will take what is queued.
        let all_there = shared.slots.len() >= shared.workers && shared.idle == 0;
        all_there && shared.driver.queued() > 0 && shared.slots.iter().all(is_held)
    }
}

/// Decides which thread ends the shutdown: the first one that begins. Not begun, begun by one thread, or over.
#[derive(Default)]
pub(super) struct Finalization(AtomicU8);

// In this order: `begin` takes the maximum, so it never takes a later value back.
const FINALIZING: u8 = 1;
const FINALIZED: u8 = 2;

impl Finalization {
    pub(super) fn has_begun(&self) -> bool {
        // Relaxed: no other data depends on this value.
        self.0.load(Ordering::Relaxed) > 0
    }

    /// Returns whether this call is the first.
    pub(super) fn begin(&self) -> bool {
        // Relaxed: the modification order of this one variable decides which call is the first.
        self.0.fetch_max(FINALIZING, Ordering::Relaxed) == 0
    }

    pub(super) fn end(&self) {
        // Release, and acquire below: a supervisor that sees this value sees what the worker has written.
        self.0.store(FINALIZED, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == FINALIZED
    }
}

impl Shared {
    /// Returns whether a worker is calling wakers of user code while other wakers wait.
    fn is_waker_stuck(&self) -> bool {
        let state = self.driver.state();
        self.slots.iter().any(|slot| slot.is_waking()) && state.program().has_waiters(state.stage())
    }

    /// Makes another worker call the wakers that wait behind one that holds its thread.
    pub(super) fn wake_behind_stuck_waker(&mut self) {
        if self.is_waker_stuck() {
            self.driver.wake_waiters_again();
        }
    }

    /// Returns when the supervisor must look next, if nothing changes. Never sooner than one takeover: the last look
    /// has handled what is due now, or the next one does.
    fn due(&self, now: Duration) -> Duration {
        let soonest = now + TAKEOVER;
        if self.driver.queued() > 0 {
            return soonest;
        }
        let expiry = self.driver.next_expiry(now).max(soonest);
        if self.driver.state().is_draining() { expiry.min(now + RECOUNT) } else { expiry }
    }

    /// Sets the time of the supervisor's next look.
    pub(super) fn let_supervisor_sleep(&mut self, now: Duration, at_most: Duration) -> Duration {
        // A worker that a waker holds leaves the other wakers uncalled. The next look finds that.
        let due = if self.is_waker_stuck() { now + TAKEOVER } else { self.due(now) };
        let wake = due.min(at_most);
        self.supervisor_sleeps_until = wake;
        wake
    }
}

/// Adds and removes hooks at run time.
impl HookSink for Run {
    fn add(&self, hook: HookRef, after: &[HookRef]) -> Result<(), TooLateError> {
        self.change(|shared, now| shared.driver.add(hook, after, now))
    }

    fn remove(&self, hook: &HookRef, by: RemovedBy) -> bool {
        self.change(|shared, now| shared.driver.remove(hook, by, now))
    }
}

#[cfg(test)]
#[cfg(feature = "testing")]
#[path = "shared_tests.rs"]
mod tests;
