//! Cancels and abandons hooks whose time is over.

use std::time::Duration;

use super::{Effect, HookState, Running, ShutdownState, Step};
use crate::drain::WorkInFlight;
use crate::inspect::OpenConnections;
use crate::plan::Id;
use crate::report::Outcome;

/// How long to wait for a cancelled future that is inside a poll already, and so probably blocks its thread.
const POLL_GRACE: Duration = Duration::from_millis(10);

/// How long a hook whose time is over waits for its inspection. No longer than a cancelled future may take to drop.
const MAX_INSPECTION_DELAY: Duration = Duration::from_millis(250);
/// The activity of a hook that was not inspected in time.
const NOT_INSPECTED: &str = "not inspected, because the inspection of other hooks took too long";

impl ShutdownState {
    /// Counts the work in flight, for the report and for the end of the drain phase.
    pub(super) fn count_work(&mut self, now: Duration) -> usize {
        let in_flight = self.program.count_work();
        self.progress += usize::from(in_flight < self.history.in_flight());
        self.history.see(now, in_flight);
        in_flight
    }

    /// Returns the hooks that are due at this time and were not inspected. A hook whose cancellation was requested is due
    /// only when the time of the whole shutdown is over.
    pub(crate) fn uninspected(&self, due: Duration) -> impl Iterator<Item = Id> {
        let all = due >= self.timing.usable();
        let is_due = move |running: Running| all || (running.time.limit <= due && running.cancelled.is_none());
        let is_uninspected =
            move |id: &Id| self.running_state(*id).is_some_and(is_due) && self.activities.get(id).is_none();
        self.running.iter().copied().filter(is_uninspected)
    }

    /// Records what an overdue hook is doing, before the hook is cancelled or abandoned. `None`: the system does not say.
    pub(crate) fn record_activity(&mut self, id: Id, activity: Option<String>) {
        self.activities.insert(id, activity);
    }

    /// Returns the time up to which hooks expire now. A hook that was not inspected waits for a later look, and so do the
    /// hooks whose limit is not earlier. None of them waits for long.
    pub(crate) fn expires_up_to(&mut self, due: Duration) -> Duration {
        let mut up_to = due;
        for id in self.uninspected(due).collect::<Vec<_>>() {
            let Some(limit) = self.running_state(id).map(|running| running.time.limit) else { continue };
            if due < limit.saturating_add(MAX_INSPECTION_DELAY).min(self.timing.usable()) {
                up_to = up_to.min(limit.saturating_sub(Duration::from_nanos(1)));
            } else {
                self.record_activity(id, Some(NOT_INSPECTED.to_owned()));
            }
        }
        up_to
    }

    /// Returns whether the open connections are of interest and not recorded: work in flight was cut off, or will be at
    /// this time.
    pub(crate) fn wants_connections(&self, due: Duration) -> bool {
        self.history.connections.is_none() && self.is_cut_off(due)
    }

    /// Records the connections that are open when work in flight is cut off.
    pub(crate) fn record_connections(&mut self, connections: OpenConnections) {
        self.history.connections = Some(connections);
    }

    /// Returns whether work in flight was cut off, or will be at this time.
    fn is_cut_off(&self, due: Duration) -> bool {
        let by = match self.step {
            Step::Draining { hooks: None, by: Some(by) } => by.min(self.timing.usable()),
            Step::Draining { .. } => self.timing.usable(),
            _ => return !self.cut_off.is_empty(),
        };
        due >= by && self.history.in_flight() > 0
    }

    /// Cancels and abandons the hooks whose time was over at `due`, which is not later than `now`. Then advances if
    /// there is nothing more to wait for. `in_poll` returns whether a hook's future is being polled at this moment.
    pub(crate) fn expire(&mut self, due: Duration, now: Duration, in_poll: impl Fn(Id) -> bool) {
        if self.is_over() {
            return;
        }
        if now >= self.timing.usable() {
            self.cut_short(now);
            return;
        }
        // A copy, because a hook that is abandoned leaves the list.
        for id in self.running.clone() {
            let Some(running) = self.running_state(id).filter(|running| running.time.limit <= due) else {
                continue;
            };
            match running.cancelled {
                None if self.plan.hook(id).is_some_and(|hook| hook.body.is_async()) => {
                    self.set(id, HookState::Running(Running { cancelled: Some(now), ..running }));
                    self.effects.push(Effect::Cancel(id));
                }
                Some(at) if now < at + running.drop_grace(in_poll(id)) => {}
                // A sync hook has nothing to cancel, and a cancelled future has had its grace.
                _ => self.end(id, now, Outcome::TimedOut { abandoned: true }, 0),
            }
        }
        self.skip_queued_without_time(now);
        let in_flight = if self.is_draining() { self.count_work(now) } else { 0 };
        match self.step {
            // Work whose time ran out since `due` is for the next look, which reads the open connections first.
            Step::Draining { hooks: None, by: Some(by) } if in_flight > 0 && due < by => {}
            _ => self.advance(now),
        }
    }

    /// Skips the queued hooks whose phase has no time left, because no thread took them.
    fn skip_queued_without_time(&mut self, now: Duration) {
        while let Some(id) = self.queue.front().copied() {
            if self.plan.hook(id).is_some_and(|hook| now < self.timing.end_of(hook.phase)) {
                return;
            }
            self.queue.pop_front();
            self.skip_for_lack_of_time(id, now);
            self.advance(now);
        }
    }

    /// Lists the work in flight, by name and location.
    pub(crate) fn list_work(&self) -> Vec<WorkInFlight> {
        self.program.list_work()
    }

    /// Returns when something is due next, if nothing changes. `in_poll` as for [`expire`](Self::expire).
    pub(crate) fn next_expiry(&self, now: Duration, in_poll: impl Fn(Id) -> bool) -> Duration {
        let limit = |id: Id, running: Running| match running.cancelled {
            None => running.time.limit,
            // The poll that must drop the future may block. So the supervisor looks once before the longer grace period
            // ends.
            Some(at) if now < at + running.drop_grace(true) => at + running.drop_grace(true),
            Some(at) => at + running.drop_grace(in_poll(id)),
        };
        let limits = self.running.iter().filter_map(|id| Some(limit(*id, self.running_state(*id)?)));
        let step = match self.step {
            Step::Serving { .. } => Some(self.serve_until),
            // While hooks run, their limits count. `by` counts when they have ended.
            Step::Draining { hooks: None, by } => by,
            _ => None,
        };
        let queued = self.queue.front().and_then(|id| self.plan.hook(*id)).map(|hook| self.timing.end_of(hook.phase));
        limits.chain(step).chain(queued).min().unwrap_or(Duration::MAX).min(self.timing.usable())
    }
}

impl Running {
    fn drop_grace(self, in_poll: bool) -> Duration {
        if in_poll { self.time.drop_grace.min(POLL_GRACE) } else { self.time.drop_grace }
    }
}
