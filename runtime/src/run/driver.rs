//! Drives the state of a shutdown, and keeps the handles that its steps need: wakers and futures that can be cancelled.
//!
//! The driver has no threads, no lock and no clock. In production, [`Run`](super::shared::Run) guards the driver with a
//! lock. In tests, [`Simulation`](super::simulation::Simulation) calls the driver under a virtual clock. So the tests
//! of order and time run the driver of production.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::hook_future::CancelHandle;
use super::state::{Effect, Finish, Program, ShutdownState};
use crate::drain::Stage;
use crate::hook::HookRef;
use crate::hook::context::FastSignal;
use crate::hook::registry::{RemovedBy, TooLateError};
use crate::inspect::OpenConnections;
use crate::plan::Id;
use crate::telemetry::Event;
use crate::trigger::{Message, Trigger};

/// The state of a shutdown, and the handles that its steps need.
pub(super) struct Driver {
    state: ShutdownState,
    /// Futures that can be cancelled, at the ids of their hooks.
    cancels: Vec<Option<Arc<CancelHandle>>>,
    /// Wakers of user code. They are queued like hooks, because a waker may block.
    wake_ups: VecDeque<WakeUp>,
    fast: Arc<FastSignal>,
}

/// Wakers of user code that a worker must call.
pub(super) enum WakeUp {
    /// The wakers of all futures that wait for this stage of the program.
    Stage(Arc<dyn Program>, Stage),
    /// The wakers of all futures that wait for a fast shutdown.
    Fast(Arc<FastSignal>),
}

impl WakeUp {
    /// Calls the wakers, which may block.
    pub(super) fn run(self) {
        match self {
            Self::Stage(program, stage) => program.wake_waiters(stage),
            Self::Fast(fast) => fast.wake_waiters(),
        }
    }
}

/// A hook to run, and its time limit.
pub(super) struct Task {
    pub(super) id: Id,
    pub(super) hook: HookRef,
    pub(super) limit: Duration,
}

/// What an idle thread does next.
pub(super) enum Next {
    Wake(WakeUp),
    Run(Task),
    Nothing,
    Over,
}

impl Driver {
    pub(super) fn new(state: ShutdownState) -> Self {
        Self { state, cancels: Vec::new(), wake_ups: VecDeque::new(), fast: Arc::default() }
    }

    /// Returns the state.
    pub(super) fn state(&self) -> &ShutdownState {
        &self.state
    }

    pub(super) fn fast(&self) -> &Arc<FastSignal> {
        &self.fast
    }

    /// Starts the shutdown; see [`ShutdownState::begin`].
    pub(super) fn begin(&mut self, first: Message) -> Trigger {
        self.state.begin(first)
    }

    /// Takes a signal or request that came after the trigger.
    pub(super) fn receive(&mut self, now: Duration, message: Message) {
        self.state.receive(now, message);
    }

    /// Adds a hook; see [`ShutdownState::add`].
    pub(super) fn add(&mut self, hook: HookRef, after: &[HookRef], now: Duration) -> Result<(), TooLateError> {
        self.state.add(hook, after, now)
    }

    /// Removes a hook that has not started; see [`ShutdownState::remove`].
    pub(super) fn remove(&mut self, hook: &HookRef, by: RemovedBy, now: Duration) -> bool {
        self.state.remove(hook, by, now)
    }

    /// Counts the hook's time from now on; see [`ShutdownState::restart_clock`].
    pub(super) fn restart_clock(&mut self, id: Id, now: Duration) -> Option<Duration> {
        self.state.restart_clock(id, now)
    }

    /// Returns how many hooks and wakers wait for a thread.
    pub(super) fn queued(&self) -> usize {
        self.state.queued() + self.wake_ups.len()
    }

    /// Queues the wakers of the latest stage again, unless they are queued already.
    pub(super) fn wake_waiters_again(&mut self) {
        if self.wake_ups.is_empty() {
            // The wakers of the latest stage include those of the earlier one.
            self.queue_wake_up(self.state.stage());
        }
    }

    fn queue_wake_up(&mut self, stage: Stage) {
        self.wake_ups.push_back(WakeUp::Stage(Arc::clone(self.state.program()), stage));
    }

    /// Takes the next task for a thread.
    pub(super) fn next(&mut self, now: Duration) -> Next {
        // Wakers first: a server that waits for a stage needs all the time that is left.
        if let Some(wake_up) = self.wake_ups.pop_front() {
            return Next::Wake(wake_up);
        }
        match self.state.start_next(now) {
            Some((id, hook, limit)) => Next::Run(Task { id, hook, limit }),
            None if self.state.is_over() => Next::Over,
            None => Next::Nothing,
        }
    }

    /// Records how a hook ended, and how many tasks it left.
    pub(super) fn finish(&mut self, id: Id, now: Duration, finish: Finish, left_tasks: usize) {
        self.state.finish(id, now, finish, left_tasks);
        if let Some(cancel) = self.cancels.get_mut(id) {
            *cancel = None;
        }
    }

    /// Allows the hook's future to be cancelled from now on. Returns true if the cancellation is overdue, because the
    /// first poll took longer than the hook's time. In that case the caller cancels the future at once.
    #[must_use]
    pub(super) fn watch_future(&mut self, id: Id, cancel: Arc<CancelHandle>) -> bool {
        if self.cancels.len() <= id {
            self.cancels.resize(id + 1, None);
        }
        self.cancels.get_mut(id).into_iter().for_each(|place| *place = Some(Arc::clone(&cancel)));
        self.state.is_cancelled(id)
    }

    /// Returns the handle that cancels this hook's future.
    pub(super) fn cancel_handle(&self, id: Id) -> Option<&Arc<CancelHandle>> {
        self.cancels.get(id)?.as_ref()
    }

    /// Records what an overdue hook is doing.
    pub(super) fn record_activity(&mut self, id: Id, activity: Option<String>) {
        self.state.record_activity(id, activity);
    }

    /// Records the connections that are open when work in flight is cut off.
    pub(super) fn record_connections(&mut self, connections: OpenConnections) {
        self.state.record_connections(connections);
    }

    /// Returns the time up to which hooks expire now; see [`ShutdownState::expires_up_to`].
    pub(super) fn expires_up_to(&mut self, due: Duration) -> Duration {
        self.state.expires_up_to(due)
    }

    /// Cancels and abandons the hooks that were due at `due`, which is not later than `now`.
    pub(super) fn expire(&mut self, due: Duration, now: Duration) {
        // In parts: the closure reads the handles while the state changes.
        let Self { state, cancels, .. } = self;
        state.expire(due, now, |id| is_in_poll(cancels, id));
    }

    /// Returns when something is due next, if nothing changes.
    pub(super) fn next_expiry(&self, now: Duration) -> Duration {
        self.state.next_expiry(now, |id| is_in_poll(&self.cancels, id))
    }

    /// Takes the effects of the last steps, and queues the wakers that they concern. Returns the futures to cancel, which
    /// the caller does without a lock, and the events to emit.
    pub(super) fn take_effects(&mut self, now: Duration) -> (Vec<Arc<CancelHandle>>, Vec<Event>) {
        let (mut cancels, mut events) = (Vec::new(), Vec::new());
        // Most hooks end without an effect.
        for effect in self.state.take_effects() {
            match effect {
                // Without a handle, the future is in its first poll. `watch_future` then tells the worker to cancel it.
                Effect::Cancel(id) => cancels.extend(self.cancel_handle(id).cloned()),
                // Queued and not called here: wakers are user code, and the caller holds the lock.
                Effect::Wake(stage) => self.queue_wake_up(stage),
                Effect::BeginFast => {
                    // Before the wakers: a future that they wake must find the shutdown fast.
                    self.fast.begin(now);
                    self.wake_ups.push_back(WakeUp::Fast(Arc::clone(&self.fast)));
                }
                Effect::Emit(event) => events.push(event),
            }
        }
        (cancels, events)
    }
}

/// Returns whether the hook's future is being polled. A future that cannot be cancelled yet is in its first poll.
fn is_in_poll(cancels: &[Option<Arc<CancelHandle>>], id: Id) -> bool {
    cancels.get(id).and_then(Option::as_ref).is_none_or(|cancel| cancel.in_poll())
}
