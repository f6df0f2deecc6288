//! Drives the state of a shutdown together with what belongs to each step: futures that can be cancelled, user code
//! that waits to be woken.
//!
//! The driver has no threads, no lock and no clock. [`Run`](super::shared::Run) puts it behind the lock of real
//! threads; [`Simulation`](super::simulation::Simulation) calls it under a virtual clock. So the tests of order and
//! time drive what production drives.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::hook_future::CancelHandle;
use super::state::{Event, Finish, ShutdownState};
use crate::drain::{self, Stage};
use crate::hook::context::FastSignal;
use crate::hook::{HookRef, Phase};
use crate::plan::Id;
use crate::trigger::{Message, Trigger};

/// The state of a shutdown, and the handles that its steps need.
pub(super) struct Driver {
    state: ShutdownState,
    /// Futures that can be cancelled.
    cancels: HashMap<Id, Arc<CancelHandle>>,
    /// User code that waits to be woken. It is queued like a hook, because a waker may block.
    wake_ups: VecDeque<WakeUp>,
    fast: Arc<FastSignal>,
}

/// Wakers of the user's that are to be called.
#[derive(Clone, Debug)]
pub(super) enum WakeUp {
    /// Of everybody who waits for this stage.
    Stage(Stage),
    /// Of everybody who waits for a fast shutdown.
    Fast(Arc<FastSignal>),
}

impl WakeUp {
    /// Calls the wakers, which may block.
    pub(super) fn run(self) {
        match self {
            Self::Stage(stage) => drain::wake_waiters(stage),
            Self::Fast(fast) => fast.wake_waiters(),
        }
    }
}

/// A hook to run, and until when.
pub(super) struct Task {
    pub(super) id: Id,
    pub(super) hook: HookRef,
    pub(super) limit: Duration,
}

/// What a thread that has time does next.
pub(super) enum Next {
    Wake(WakeUp),
    Run(Task),
    Nothing,
    Over,
}

/// What the caller does after a step, in this order.
#[derive(Default)]
pub(super) struct Effects {
    /// Phases that began, with their number of hooks: to be emitted before another step can emit the next one.
    pub(super) phases: Vec<(Phase, usize)>,
    /// Futures to cancel, outside every lock.
    pub(super) cancels: Vec<Arc<CancelHandle>>,
    /// Everything that happened, to be emitted outside every lock.
    pub(super) events: Vec<Event>,
}

impl Driver {
    pub(super) fn new(state: ShutdownState) -> Self {
        Self { state, cancels: HashMap::new(), wake_ups: VecDeque::new(), fast: Arc::default() }
    }

    /// Reads the state.
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
    pub(super) fn add(
        &mut self,
        hook: HookRef,
        after: &[HookRef],
        now: Duration,
    ) -> Result<(), crate::hook::registry::TooLateError> {
        self.state.add(hook, after, now)
    }

    /// Removes a hook that has not started.
    pub(super) fn remove(&mut self, hook: &HookRef, now: Duration) {
        self.state.remove(hook, now);
    }

    /// Counts the hook's time from now on; see [`ShutdownState::restart_clock`].
    pub(super) fn restart_clock(&mut self, id: Id, now: Duration) -> Option<Duration> {
        self.state.restart_clock(id, now)
    }

    /// How much waits for a thread.
    pub(super) fn queued(&self) -> usize {
        self.state.queued() + self.wake_ups.len()
    }

    /// Queues the wakers of the stage that was reached once more, unless they are queued already.
    pub(super) fn wake_waiters_again(&mut self) {
        if self.wake_ups.is_empty() {
            self.wake_ups.push_back(WakeUp::Stage(self.state.stage()));
        }
    }

    /// Takes what is to be done next.
    pub(super) fn next(&mut self, now: Duration) -> Next {
        // Wakers first: a server that waits for a stage needs all of the time that is left.
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
        // Few hooks wait; to hash the others costs a tenth of what they do.
        if !self.cancels.is_empty() {
            self.cancels.remove(&id);
        }
    }

    /// Makes it possible to cancel the hook's future from now on. Returns true if that is overdue: there was nothing to
    /// cancel while the future was polled for the first time, which may have taken longer than all its time. Then the
    /// caller cancels it at once.
    #[must_use]
    pub(super) fn watch_future(&mut self, id: Id, cancel: Arc<CancelHandle>) -> bool {
        self.cancels.insert(id, cancel);
        self.state.is_cancelled(id)
    }

    /// Returns the handle of a future that can be cancelled.
    pub(super) fn cancel_handle(&self, id: Id) -> Option<&Arc<CancelHandle>> {
        self.cancels.get(&id)
    }

    /// Does what was due at `due`, which is not later than `now`.
    pub(super) fn expire(&mut self, due: Duration, now: Duration) {
        let Self { state, cancels, .. } = self;
        state.expire(due, now, |id| cancels.get(&id).is_none_or(|cancel| cancel.in_poll()));
    }

    /// When something is due next, if nothing changes.
    pub(super) fn next_expiry(&self, now: Duration) -> Duration {
        self.state.next_expiry(now, |id| self.is_in_poll(id))
    }

    /// Whether the hook's future is being polled. One that cannot be cancelled yet is in its first poll.
    fn is_in_poll(&self, id: Id) -> bool {
        self.cancels.get(&id).is_none_or(|cancel| cancel.in_poll())
    }

    /// Takes what the last steps ask for, and queues the wakers that they concern.
    pub(super) fn take_effects(&mut self, now: Duration) -> Effects {
        let events = self.state.take_events();
        // After most hooks nothing has happened.
        if events.is_empty() {
            return Effects::default();
        }
        let (mut phases, mut cancels) = (Vec::new(), Vec::new());
        for event in &events {
            match event {
                Event::PhaseBegan { phase, hooks } => phases.push((*phase, *hooks)),
                Event::StageBegan(stage) => self.wake_ups.push_back(WakeUp::Stage(*stage)),
                Event::Cancel(id) => cancels.extend(self.cancels.get(id).cloned()),
                Event::Fast(_) => {
                    self.fast.begin(now);
                    self.wake_ups.push_back(WakeUp::Fast(Arc::clone(&self.fast)));
                }
                Event::TimedOut { .. }
                | Event::Ended(_)
                | Event::WorkCutOff(_)
                | Event::AfterIgnored(_)
                | Event::LaterTrigger(_) => {}
            }
        }
        Effects { phases, cancels, events }
    }
}
