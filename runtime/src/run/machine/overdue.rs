//! What takes too long: hooks that are cancelled and given up, work in flight that is waited for no more.

use std::time::Duration;

use super::{Event, Machine, Running, State};
use crate::drain::WorkInFlight;
use crate::plan::Id;
use crate::report::Outcome;

/// How long a cancelled future is waited for that is inside a poll already, and so probably blocks its thread.
const POLL_PATIENCE: Duration = Duration::from_millis(10);

impl Machine {
    /// Says how much work is in flight; asked for while [`awaits_work`](Self::awaits_work).
    pub(crate) fn count_work(&mut self, now: Duration, in_flight: usize) {
        if !self.awaits_work() {
            return;
        }
        self.history.see(now, in_flight);
        self.progress += usize::from(in_flight < self.in_flight);
        self.in_flight = in_flight;
        if in_flight == 0 {
            self.drained = true;
            self.advance(now);
        }
    }

    /// Whether the drain phase has waited for long enough.
    pub(crate) fn is_drain_overdue(&self, now: Duration) -> bool {
        self.awaits_work() && self.drained_by.is_some_and(|by| now >= by)
    }

    /// Goes on in spite of this work in flight.
    pub(crate) fn cut_off_work(&mut self, now: Duration, work: Vec<WorkInFlight>) {
        if !work.is_empty() {
            self.events.push(Event::WorkCutOff(work.clone()));
        }
        self.cut_off = work;
        self.drained = true;
        self.advance(now);
    }

    /// The hooks whose time is over, and that were not asked to end yet.
    pub(crate) fn overdue(&self, now: Duration) -> impl Iterator<Item = Id> {
        let all = now >= self.timing.usable();
        let over = move |running: &Running| all || (running.limit <= now && running.cancelled.is_none());
        self.running.iter().copied().filter(move |id| self.running_state(*id).is_some_and(|running| over(&running)))
    }

    /// Cancels and gives up what is overdue; `in_poll` says whether a hook's future is being polled right now.
    pub(crate) fn expire(&mut self, now: Duration, in_poll: impl Fn(Id) -> bool) {
        if self.over.is_some() {
            return;
        }
        if now >= self.timing.usable() {
            self.over = Some(now);
            return;
        }
        for id in self.running.clone() {
            let Some(running) = self.running_state(id).filter(|running| running.limit <= now) else { continue };
            match running.cancelled {
                None if self.plan.hook(id).is_some_and(|hook| hook.body.is_async()) => {
                    self.set(id, State::Running(Running { cancelled: Some(now), ..running }));
                    self.events.push(Event::Cancel(id));
                }
                Some(at) if now < at + running.patience(in_poll(id)) => {}
                _ => self.end(id, now, Outcome::TimedOut { abandoned: true }),
            }
        }
        self.advance(now);
    }

    /// When something is overdue next, if nothing changes.
    pub(crate) fn next_expiry(&self) -> Duration {
        let limit = |running: Running| match running.cancelled {
            None => running.limit,
            Some(at) => at + running.patience(true),
        };
        let limits = self.running.iter().filter_map(|id| self.running_state(*id)).map(limit);
        let delay = (!self.draining && self.open == 0).then_some(self.delay_until);
        let drained = self.drained_by.filter(|_| !self.drained);
        limits.chain(delay).chain(drained).min().unwrap_or(Duration::MAX).min(self.timing.usable())
    }
}

impl Running {
    fn patience(self, in_poll: bool) -> Duration {
        if in_poll { self.patience.min(POLL_PATIENCE) } else { self.patience }
    }
}
