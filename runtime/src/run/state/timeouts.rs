//! Cancels and abandons hooks whose time is over.

use std::time::Duration;

use super::{Event, HookState, Running, ShutdownState, Step};
use crate::drain::WorkInFlight;
use crate::plan::Id;
use crate::report::Outcome;

/// How long to wait for a cancelled future that is inside a poll already, and so probably blocks its thread.
const POLL_GRACE: Duration = Duration::from_millis(10);

impl ShutdownState {
    /// Counts the work in flight, for the report and for the end of the drain phase.
    pub(super) fn count_work(&mut self, now: Duration) -> usize {
        let in_flight = self.program.count_work();
        self.progress += usize::from(in_flight < self.history.in_flight());
        self.history.see(now, in_flight);
        in_flight
    }

    /// Returns the hooks whose time is over, and whose cancellation was not requested yet.
    pub(crate) fn overdue(&self, now: Duration) -> impl Iterator<Item = Id> {
        let all = now >= self.timing.usable();
        let over = move |running: &Running| all || (running.time.limit <= now && running.cancelled.is_none());
        self.running.iter().copied().filter(move |id| self.running_state(*id).is_some_and(|running| over(&running)))
    }

    /// Returns whether work in flight was cut off, or will be at this time.
    pub(crate) fn is_cut_off(&self, due: Duration) -> bool {
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
        for id in self.running.clone() {
            let Some(running) = self.running_state(id).filter(|running| running.time.limit <= due) else {
                continue;
            };
            match running.cancelled {
                None if self.plan.hook(id).is_some_and(|hook| hook.body.is_async()) => {
                    self.set(id, HookState::Running(Running { cancelled: Some(now), ..running }));
                    self.events.push(Event::Cancel(id));
                }
                Some(at) if now < at + running.drop_grace(in_poll(id)) => {}
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
