//! What runs now, and what has happened.

use std::time::{Duration, SystemTime};

use super::{Machine, Running, State};
use crate::hook::{Hook, HookRef};
use crate::plan::Id;
use crate::report::{HookReport, Outcome, Report, SkipReason};

impl Machine {
    /// The hooks that run now, with their start and the limit of their time.
    pub(crate) fn running(&self) -> impl Iterator<Item = (Id, &HookRef, Duration, Duration)> {
        self.running.iter().filter_map(|id| {
            let (running, hook) = (self.running_state(*id)?, self.plan.hook(*id)?);
            Some((*id, hook, running.start, running.limit))
        })
    }

    /// What happened; hooks that still run count as abandoned, hooks that never started as skipped. The wall clock and
    /// the exit code are for others to fill in.
    pub(crate) fn report(&self, now: Duration, doing: impl Fn(Id) -> Option<String>) -> Report {
        let end = self.over.unwrap_or(now);
        let told = |id| {
            let report = hook_report(self.plan.hook(id)?, self.states.get(id)?, end);
            Some(HookReport { doing: doing(id).filter(|_| report.is_overdue()), ..report })
        };
        let hooks = self.plan.ids().filter_map(told);
        Report {
            trigger: self.trigger.clone(),
            hooks: hooks.collect(),
            in_flight: self.cut_off.clone(),
            duration: end,
            deadline: self.plan.budget().deadline(),
            deadline_came: end >= self.timing.usable(),
            forced: self.forced,
            own_end: self.own_end,
            triggered_at: SystemTime::UNIX_EPOCH,
            draining: self.history.draining,
            in_flight_seen: self.history.in_flight_seen.clone(),
            noted: self.history.noted.clone(),
            exit_code: 0,
        }
    }
}

fn hook_report(hook: &Hook, state: &State, over: Duration) -> HookReport {
    match state {
        // Also where it was about to start, and a value was missing.
        State::Ended { outcome: outcome @ Outcome::Skipped(_), .. } => {
            HookReport::new(hook, outcome.clone(), None, Duration::ZERO)
        }
        State::Ended { start, end, outcome } => {
            HookReport::new(hook, outcome.clone(), *start, *end - start.unwrap_or(*end))
        }
        State::Running(Running { start, .. }) => {
            let outcome = Outcome::TimedOut { abandoned: true };
            HookReport::new(hook, outcome, Some(*start), over.saturating_sub(*start))
        }
        State::Waiting { .. } | State::Queued => {
            let outcome = Outcome::Skipped(SkipReason::CutShort);
            HookReport::new(hook, outcome, None, Duration::ZERO)
        }
    }
}
