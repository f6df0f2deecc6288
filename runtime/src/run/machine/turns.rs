//! Whose turn it is: groups are opened, hooks wait for those that they are `after`, and end.

use std::time::Duration;

use super::{Event, Machine, State};
use crate::after::Turn;
use crate::demand::Allotment;
use crate::hook::Phase;
use crate::plan::Id;
use crate::report::{Outcome, SkipReason};

impl Machine {
    /// Opens the groups whose turn has come, until there is something to run or to wait for.
    pub(super) fn advance(&mut self, now: Duration) {
        while self.begun && self.open == 0 && self.over.is_none() {
            let next = self.plan.next_group(self.turn).map(|(turn, group)| (turn, group.declared));
            let phase = next.map(|(turn, _)| turn.0);
            if phase != Some(Phase::Announce) && !self.draining {
                if now < self.delay_until {
                    self.serves_on = true;
                    self.enter_phase();
                    return;
                }
                self.progress += usize::from(self.serves_on);
                self.draining = true;
                self.history.draining = Some(now);
                // Told first: who hears of the draining may count work, and with it begin the next phase.
                self.enter_phase();
                self.events.push(Event::Draining);
            }
            if phase.is_none_or(|phase| phase > Phase::Drain) && !self.is_drained(now) {
                return;
            }
            match next {
                None => self.over = Some(now),
                Some((turn, declared)) => self.open_group(turn, declared, now),
            }
        }
    }

    /// Whether the drain phase can end. From here on its time runs out.
    fn is_drained(&mut self, now: Duration) -> bool {
        self.drained_by.get_or_insert_with(|| self.timing.drained_by(now));
        self.drained
    }

    fn open_group(&mut self, turn: Turn, declared: Allotment, now: Duration) {
        self.share = self.timing.open(turn.0, declared, now);
        self.turn = Some(turn);
        self.enter_phase();
        let time_left = now < self.timing.end_of(turn.0);
        let members = self.plan.group(turn).map(|group| group.members.clone()).unwrap_or_default();
        self.open = members.len();
        for id in members {
            match self.states.get_mut(id) {
                Some(State::Waiting { open, on }) => {
                    *open = true;
                    let free = *on == 0;
                    if !time_left {
                        self.skip(id, now, &SkipReason::NoTimeLeft);
                    } else if free {
                        self.enqueue(id);
                    }
                }
                // Skipped already, for it is `after` an abandoned hook of an earlier group.
                _ => self.open = self.open.saturating_sub(1),
            }
        }
    }

    pub(super) fn enqueue(&mut self, id: Id) {
        self.set(id, State::Queued);
        self.queue.push_back(id);
    }

    /// Ends a hook of the open group, and lets go those that are `after` it.
    pub(super) fn end(&mut self, id: Id, now: Duration, outcome: Outcome) {
        let start = self.running_state(id).map(|running| running.start);
        let abandoned = matches!(outcome, Outcome::TimedOut { abandoned: true });
        if matches!(outcome, Outcome::TimedOut { .. }) {
            let after = now.saturating_sub(start.unwrap_or(now));
            self.events.push(Event::TimedOut { id, after });
        }
        self.running.retain(|running| *running != id);
        self.open = self.open.saturating_sub(1);
        self.set(id, State::Ended { start, end: now, outcome });
        if self.plan.followers(id).is_empty() {
            return;
        }
        let name = self.plan.hook(id).map(|hook| hook.name.to_string()).unwrap_or_default();
        for follower in self.plan.followers(id).to_vec() {
            if abandoned {
                self.skip(follower, now, &SkipReason::AfterAbandoned { hook: name.clone() });
            } else {
                self.release(follower);
            }
        }
    }

    /// One of the hooks that this one is `after` has ended.
    pub(super) fn release(&mut self, id: Id) {
        if let Some(State::Waiting { on, open }) = self.states.get_mut(id) {
            *on = on.saturating_sub(1);
            if *on == 0 && *open {
                self.enqueue(id);
            }
        }
    }

    /// Skips a hook that has not started, and those after it.
    pub(super) fn skip(&mut self, id: Id, now: Duration, reason: &SkipReason) {
        let mut skipped = vec![id];
        while let Some(id) = skipped.pop() {
            let Some(State::Waiting { open, .. }) = self.states.get(id) else { continue };
            self.open = self.open.saturating_sub(usize::from(*open));
            self.set(id, State::Ended { start: None, end: now, outcome: Outcome::Skipped(reason.clone()) });
            skipped.extend(self.plan.followers(id));
        }
    }
}
