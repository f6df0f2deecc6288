//! Adds and removes hooks, before the trigger and during the shutdown.

use std::time::Duration;

use super::{HookState, ShutdownState, Step};
use crate::hook::registry::{RemovedBy, TooLateError};
use crate::hook::{HookRef, Phase};
use crate::plan::Id;
use crate::plan::allotment::Allotment;
use crate::plan::order::{self, GroupKey, group_key};
use crate::plan::timing::Timing;
use crate::report::{Outcome, SkipReason};
use crate::telemetry::Event;

impl ShutdownState {
    /// Adds a hook. If its phase has begun and its group was opened before, the hook joins the group that runs.
    pub(crate) fn add(&mut self, hook: HookRef, after: &[HookRef], now: Duration) -> Result<(), TooLateError> {
        if self.is_over() || (self.is_begun() && hook.phase < self.phase()) {
            return Err(TooLateError { name: hook.name.to_string(), phase: hook.phase });
        }
        let (key, declared) = (group_key(&hook), self.timing.allotment(&hook));
        let after = &*self.without_contradictions(&hook, after);
        let id = self.change_plan(key, |state| state.plan.add(hook, after));
        let joins = Some(key) <= self.last_opened;
        let on = self.unfinished(after);
        let waiting = HookState::Waiting { on, open: joins };
        match self.hooks.get_mut(id) {
            // The plan gives the number of a removed hook to the next one.
            Some(slot) => *slot = waiting,
            None => self.hooks.push(waiting),
        }
        if joins {
            self.join_open_group(key, declared, now);
        }
        if let Some(abandoned) = after.iter().find_map(|earlier| self.abandoned_before(earlier)) {
            self.skip_after(id, &abandoned, now);
        } else if joins && on == 0 {
            self.enqueue(id);
        }
        if Timing::is_reserved(key.0) {
            self.reserve_flush_slice();
        }
        if let Step::Draining { by: Some(by), .. } = &mut self.step {
            // What is still to run has grown, and work in flight leaves it its time.
            *by = (*by).min(self.timing.drain_deadline(now));
        }
        self.advance(now);
        Ok(())
    }

    /// Returns the hooks that this one can wait for. Settings may have moved a linked hook behind it: the two would wait
    /// for each other until the deadline.
    fn without_contradictions(&mut self, hook: &HookRef, after: &[HookRef]) -> Vec<HookRef> {
        let (mut kept, mut dropped) = (Vec::with_capacity(after.len()), Vec::new());
        for earlier in after {
            let planned = self.plan.find(earlier).and_then(|id| self.plan.hook(id));
            match planned.map_or(Ok(()), |planned| order::check(hook, planned)) {
                Ok(()) => kept.push(earlier.clone()),
                Err(error) => dropped.push(error.to_string()),
            }
        }
        dropped.into_iter().for_each(|why| self.emit(Event::Warning(why)));
        kept
    }

    /// The hook that was abandoned, if this one is that hook or was skipped because of it.
    fn abandoned_before(&self, hook: &HookRef) -> Option<String> {
        match self.state_of(hook)? {
            HookState::Ended { outcome: Outcome::TimedOut { abandoned: true }, .. } => Some(hook.name.to_string()),
            HookState::Ended { outcome: Outcome::Skipped(SkipReason::AfterAbandoned { hook }), .. } => {
                Some(hook.clone())
            }
            _ => None,
        }
    }

    /// Shortens the time of the hooks that run, because the first hook of the final phases was registered.
    fn reserve_flush_slice(&mut self) {
        let Self { hooks, plan, timing, running, .. } = self;
        for id in running.iter() {
            if let (Some(HookState::Running(running)), Some(hook)) = (hooks.get_mut(*id), plan.hook(*id)) {
                running.time = running.time.capped_at(timing.end_of(hook.phase));
            }
        }
    }

    /// Removes a hook that has not started. The hooks after it do not wait for it. Returns whether the hook will not run
    /// because of this call.
    pub(crate) fn remove(&mut self, hook: &HookRef, by: RemovedBy, now: Duration) -> bool {
        if self.is_over() {
            // It stays in the report.
            return false;
        }
        let Some(id) = self.plan.find(hook) else { return false };
        let open = match self.hooks.get(id) {
            Some(HookState::Waiting { open, .. }) => *open,
            Some(HookState::Queued) => true,
            _ => return false,
        };
        self.queue.retain(|queued| *queued != id);
        if open {
            self.change_unfinished(-1);
        }
        // Before the plan forgets who follows the hook.
        self.release_followers(id);
        if by == RemovedBy::Guard && self.is_begun() {
            // The shutdown may be the reason for the drop, so the report names the hook.
            let outcome = Outcome::Skipped(SkipReason::GuardDropped);
            self.set(id, HookState::Ended { start: None, end: now, outcome, left_tasks: 0 });
        } else {
            self.change_plan(group_key(hook), |state| state.plan.remove(id));
        }
        self.advance(now);
        true
    }

    /// Changes a group's hooks, and updates the time that is still to be allotted.
    fn change_plan<T>(&mut self, key: GroupKey, change: impl FnOnce(&mut Self) -> T) -> T {
        let declared = |state: &Self| state.plan.group(key).map_or(Allotment::default(), |group| group.declared);
        let before = declared(self);
        let changed = change(self);
        let after = declared(self);
        // The time of a group is fixed when it opens. Only later groups count as still to come.
        if Some(key) > self.last_opened {
            self.timing.redeclare(key.0, before, after);
        }
        changed
    }

    /// Returns the current phase.
    pub(super) fn phase(&self) -> Phase {
        match &self.step {
            Step::Armed | Step::Deregistering(_) | Step::Serving { .. } => Phase::Deregister,
            Step::Draining { .. } => Phase::Drain,
            Step::Stopping(group) => group.key.0,
            Step::Over { .. } => self.last_opened.map_or(Phase::Drain, |(phase, _)| phase.max(Phase::Drain)),
        }
    }

    fn unfinished(&self, hooks: &[HookRef]) -> usize {
        hooks
            .iter()
            .filter(|hook| self.state_of(hook).is_some_and(|state| !matches!(state, HookState::Ended { .. })))
            .count()
    }

    fn state_of(&self, hook: &HookRef) -> Option<&HookState> {
        let id: Id = self.plan.find(hook)?;
        self.hooks.get(id)
    }
}
