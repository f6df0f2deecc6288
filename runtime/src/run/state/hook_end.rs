//! Ends hooks, and releases or skips the hooks that are `after` them.

use std::time::Duration;

use super::{HookState, ShutdownState};
use crate::plan::Id;
use crate::report::{Outcome, SkipReason};
use crate::telemetry::{Event, HookLabel};

impl ShutdownState {
    /// Ends a hook that ran, and releases the hooks that are `after` it.
    pub(super) fn end(&mut self, id: Id, now: Duration, outcome: Outcome, left_tasks: usize) {
        let start = self.running_state(id).map(|running| running.start);
        let is_abandoned = matches!(outcome, Outcome::TimedOut { abandoned: true });
        let timed_out = self.plan.hook(id).filter(|_| matches!(outcome, Outcome::TimedOut { .. }));
        if let Some(hook) = timed_out.map(|hook| HookLabel::of(hook)) {
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
