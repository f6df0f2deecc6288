//! Opens the groups in their order.

use std::time::Duration;

use super::{HookState, OpenGroup, ShutdownState, Step};
use crate::hook::Phase;
use crate::plan::Id;
use crate::plan::allotment::Allotment;
use crate::plan::order::GroupKey;

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
}
