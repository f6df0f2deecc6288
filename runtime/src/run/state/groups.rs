//! Opens the groups in their order, and ends their hooks.

use std::time::Duration;

use super::{Effect, HookState, OpenGroup, ShutdownState, Step};
use crate::drain::Stage;
use crate::hook::Phase;
use crate::plan::Id;
use crate::plan::allotment::Allotment;
use crate::plan::order::GroupKey;
use crate::report::{CutOff, Outcome, SkipReason};
use crate::telemetry::{Event, HookLabel};

impl ShutdownState {
    /// Advances until a hook can run, or until there is something to wait for.
    pub(super) fn advance(&mut self, now: Duration) {
        // A loop, because all hooks of a group may have been skipped before it opens.
        while self.is_begun() && !self.is_over() && self.step.open_group().is_none_or(|group| group.unfinished == 0) {
            let next = self.plan.next_group(self.last_opened).map(|(key, group)| (key, group.declared));
            let phase = next.map(|(key, _)| key.0);
            let goes_on = match self.step {
                Step::Deregistering(_) | Step::Serving { .. } if phase == Some(Phase::Deregister) => true,
                Step::Deregistering(_) | Step::Serving { .. } => {
                    if !self.begin_draining(now) {
                        return;
                    }
                    continue;
                }
                Step::Draining { .. } if phase == Some(Phase::Drain) => true,
                Step::Draining { by, .. } => self.is_drained(by, now),
                Step::Armed | Step::Stopping(_) | Step::Over { .. } => true,
            };
            match next {
                _ if !goes_on => return,
                None => self.step = Step::Over { at: now },
                Some((key, declared)) => self.open_group(key, declared, now),
            }
        }
    }

    /// Begins draining, unless the drain delay is not over.
    fn begin_draining(&mut self, now: Duration) -> bool {
        if now < self.serve_until {
            self.step = Step::Serving { waited: true };
            self.record_phase();
            return false;
        }
        self.progress += usize::from(matches!(self.step, Step::Serving { waited: true }));
        self.step = Step::Draining { hooks: None, by: None };
        self.history.draining = Some(now);
        self.timing.begin_draining(now);
        // The order matters: work that is counted from here on began before draining or sees the new stage (see
        // `drain`).
        self.program.enter_stage(Stage::Draining);
        let in_flight = self.count_work(now);
        self.record_phase();
        self.effects.push(Effect::Wake(Stage::Draining));
        self.emit(Event::DrainingBegan { in_flight });
        true
    }

    /// Returns whether the drain phase can end after its hooks: nothing is in flight, or the time for work in flight is
    /// over.
    fn is_drained(&mut self, by: Option<Duration>, now: Duration) -> bool {
        let by = by.unwrap_or_else(|| self.timing.drain_deadline(now));
        let in_flight = self.count_work(now);
        if in_flight > 0 && now < by {
            self.step = Step::Draining { hooks: None, by: Some(by) };
            return false;
        }
        if in_flight > 0 {
            self.cut_off_work(now);
        }
        true
    }

    /// Records the work in flight, which is not waited for any longer.
    pub(super) fn cut_off_work(&mut self, now: Duration) {
        self.cut_off = self.program.list_work();
        // All of it may have ended since it was counted.
        if !self.cut_off.is_empty() {
            // A signal or the deadline leaves no time to keep.
            let is_ended = self.timing.is_fast() || self.is_forced() || now >= self.timing.usable();
            let kept_for = if is_ended { Vec::new() } else { self.plan.kept_time(self.last_opened) };
            self.history.cut_off = Some(CutOff { at: now, kept_for, connections: Vec::new(), more_connections: 0 });
            self.effects.extend(self.cut_off.iter().cloned().map(Event::WorkCutOff).map(Effect::Emit));
        }
    }

    fn open_group(&mut self, key: GroupKey, declared: Allotment, now: Duration) {
        let granted = self.timing.open(key.0, declared, now);
        let members = self.plan.group(key).map(|group| group.members.clone()).unwrap_or_default();
        let group = OpenGroup { key, unfinished: 0, granted };
        // A hook that is registered from now on compares its group with this one.
        self.last_opened = Some(key);
        self.enter(group);
        self.record_phase();
        for id in members {
            let Some(HookState::Waiting { on, open }) = self.hooks.get_mut(id) else {
                // Skipped already: the hook is `after` an abandoned hook of an earlier group.
                continue;
            };
            *open = true;
            let is_free = *on == 0;
            self.change_unfinished(1);
            if is_free {
                self.enqueue(id);
            }
        }
    }

    /// Makes this the open group, inside the step of its phase.
    pub(super) fn enter(&mut self, group: OpenGroup) {
        self.step = match (group.key.0, &self.step) {
            (Phase::Deregister, _) => Step::Deregistering(group),
            (Phase::Drain, Step::Draining { by, .. }) => Step::Draining { hooks: Some(group), by: *by },
            _ => Step::Stopping(group),
        };
    }

    /// Changes the number of unfinished hooks in the open group by one.
    pub(super) fn change_unfinished(&mut self, by: isize) {
        match self.step.open_group_mut() {
            Some(group) => group.unfinished = group.unfinished.saturating_add_signed(by),
            None => debug_assert!(false, "a hook of a group ends while the group is open"),
        }
    }

    /// Adds a hook to the group that runs, or opens a group for this hook alone if none runs.
    pub(super) fn join_open_group(&mut self, key: GroupKey, declared: Allotment, now: Duration) {
        if self.step.open_group().is_none() {
            let granted = self.timing.open_late(key.0, declared, now);
            self.enter(OpenGroup { key, unfinished: 0, granted });
        }
        self.change_unfinished(1);
    }

    pub(super) fn enqueue(&mut self, id: Id) {
        self.set(id, HookState::Queued);
        self.queue.push_back(id);
    }

    /// Ends a hook that ran, and releases the hooks that are `after` it.
    pub(super) fn end(&mut self, id: Id, now: Duration, outcome: Outcome, left_tasks: usize) {
        let start = self.running_state(id).map(|running| running.start);
        let is_abandoned = matches!(outcome, Outcome::TimedOut { abandoned: true });
        if matches!(outcome, Outcome::TimedOut { .. })
            && let Some(hook) = self.plan.hook(id).map(|hook| HookLabel::of(hook))
        {
            let after = now.saturating_sub(start.unwrap_or(now));
            self.emit(Event::HookTimedOut { hook, after, activity: self.activities.get(&id).cloned().flatten() });
        }
        self.running.retain(|running| *running != id);
        // The group may be at zero for a moment. The callers advance when the followers are released.
        self.change_unfinished(-1);
        self.set(id, HookState::Ended { start, end: now, outcome, left_tasks });
        if is_abandoned {
            self.skip_followers(id, now);
        } else {
            self.release_followers(id);
        }
    }

    /// Skips a queued hook. The hooks that are `after` it run, because it holds nothing that they might use.
    pub(super) fn skip_for_lack_of_time(&mut self, id: Id, now: Duration) {
        let outcome = Outcome::Skipped(SkipReason::NoTimeLeft);
        self.change_unfinished(-1);
        self.set(id, HookState::Ended { start: None, end: now, outcome, left_tasks: 0 });
        self.release_followers(id);
    }

    pub(super) fn release_followers(&mut self, id: Id) {
        for follower in self.plan.followers(id).to_vec() {
            if let Some(HookState::Waiting { on, open }) = self.hooks.get_mut(follower) {
                *on = on.saturating_sub(1);
                if *on == 0 && *open {
                    self.enqueue(follower);
                }
            }
        }
    }

    /// Skips the hooks that are `after` an abandoned one, directly or through others.
    fn skip_followers(&mut self, abandoned: Id, now: Duration) {
        let Some(hook) = self.plan.hook(abandoned).map(|hook| hook.name.to_string()) else { return };
        let mut followers = self.plan.followers(abandoned).to_vec();
        while let Some(id) = followers.pop() {
            if self.skip_after(id, &hook, now) {
                followers.extend(self.plan.followers(id));
            }
        }
    }

    /// Skips a hook that has not started, because it is `after` one that was abandoned.
    pub(super) fn skip_after(&mut self, id: Id, hook: &str, now: Duration) -> bool {
        let Some(HookState::Waiting { open, .. }) = self.hooks.get(id) else { return false };
        if *open {
            self.change_unfinished(-1);
        }
        let outcome = Outcome::Skipped(SkipReason::AfterAbandoned { hook: hook.to_owned() });
        self.set(id, HookState::Ended { start: None, end: now, outcome, left_tasks: 0 });
        true
    }
}
