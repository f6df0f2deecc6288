//! Hooks that come and go while the program runs, and while it stops.

use std::time::Duration;

use super::{Machine, State};
use crate::after::{Turn, turn};
use crate::demand::Allotment;
use crate::hook::{HookRef, Phase};
use crate::plan::Id;
use crate::registry::TooLate;
use crate::report::SkipReason;

impl Machine {
    /// Gives a hook its place. One whose phase is under way and whose turn is over joins the group that runs.
    pub(crate) fn enrol(&mut self, hook: HookRef, after: &[HookRef], now: Duration) -> Result<(), TooLate> {
        if self.begun && (self.is_over() || hook.phase < self.phase()) {
            return Err(TooLate { name: hook.name.to_string(), phase: hook.phase });
        }
        let turn = turn(&hook);
        let id = self.changing(turn, |machine| machine.plan.add(hook, after));
        let joins = self.begun && Some(turn) <= self.turn;
        let waiting = State::Waiting { on: self.unfinished(after), open: joins };
        match self.states.get_mut(id) {
            Some(place) => *place = waiting,
            None => self.states.push(waiting),
        }
        self.open += usize::from(joins);
        let is_abandoned = |hook: &HookRef| self.plan.find(hook).is_some_and(|id| self.is_abandoned(id));
        if let Some(abandoned) = after.iter().find(|earlier| is_abandoned(earlier)) {
            self.skip(id, now, &SkipReason::AfterAbandoned { hook: abandoned.name.to_string() });
        } else if joins && self.unfinished(after) == 0 {
            self.enqueue(id);
        }
        self.advance(now);
        Ok(())
    }

    /// Takes out a hook that has not started; the hooks after it do not wait for it.
    pub(crate) fn withdraw(&mut self, hook: &HookRef, now: Duration) {
        let Some(id) = self.plan.find(hook) else { return };
        let open = match self.states.get(id) {
            Some(State::Waiting { open, .. }) => *open,
            Some(State::Queued) => true,
            _ => return,
        };
        self.queue.retain(|queued| *queued != id);
        self.open = self.open.saturating_sub(usize::from(open));
        for follower in self.plan.followers(id).to_vec() {
            self.release(follower);
        }
        self.changing(turn(hook), |machine| machine.plan.remove(id));
        self.advance(now);
    }

    /// Changes a group's hooks, and with them the time that is still to be shared out.
    fn changing<T>(&mut self, turn: Turn, change: impl FnOnce(&mut Self) -> T) -> T {
        let declared = |machine: &Self| machine.plan.group(turn).map_or(Allotment::default(), |group| group.declared);
        let before = declared(self);
        let changed = change(self);
        let after = declared(self);
        if Some(turn) > self.turn {
            self.timing.redeclare(turn.0, before, after);
        }
        changed
    }

    /// The phase that is under way.
    pub(super) fn phase(&self) -> Phase {
        match self.turn {
            _ if !self.draining => Phase::Announce,
            Some((phase, _)) => phase.max(Phase::Drain),
            None => Phase::Drain,
        }
    }

    fn unfinished(&self, hooks: &[HookRef]) -> usize {
        hooks
            .iter()
            .filter(|hook| self.state_of(hook).is_some_and(|state| !matches!(state, State::Ended { .. })))
            .count()
    }

    fn state_of(&self, hook: &HookRef) -> Option<&State> {
        let id: Id = self.plan.find(hook)?;
        self.states.get(id)
    }
}
