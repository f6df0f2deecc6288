//! Records what has happened, and makes the report.

use std::time::{Duration, SystemTime};

use super::{HookState, Running, ShutdownState, Step};
use crate::hook::{HookRecord, HookRef};
use crate::inspect::OpenConnections;
use crate::plan::Id;
use crate::report::{CutOff, HookReport, InFlightSample, LaterTrigger, Outcome, Report, SkipReason};
use crate::trigger::Trigger;

/// Maximum number of changes of the work in flight that are kept. The last change replaces the last kept one.
const MAX_SEEN: usize = 1000;

/// What the report contains in addition to the hooks.
#[derive(Default)]
pub(super) struct History {
    pub(super) draining: Option<Duration>,
    /// Whether a whole drain delay passed before draining began. One that was skipped or cut short says nothing about
    /// gateways.
    pub(super) has_delayed: bool,
    pub(super) cut_off: Option<CutOff>,
    /// The connections that were open at the cut-off.
    pub(super) connections: Option<OpenConnections>,
    in_flight_samples: Vec<InFlightSample>,
    later_triggers: Vec<LaterTrigger>,
}

impl History {
    /// Returns the amount of work in flight that was counted last.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight_samples.last().map_or(0, |seen| seen.count)
    }

    /// Returns why work was cut off, with the open connections.
    fn cut_off(&self) -> Option<CutOff> {
        let cut_off = self.cut_off.clone()?;
        Some(match self.connections.clone() {
            Some(OpenConnections { list, more }) => CutOff { connections: list, more_connections: more, ..cut_off },
            None => cut_off,
        })
    }

    pub(super) fn see(&mut self, at: Duration, count: usize) {
        if self.in_flight_samples.last().is_some_and(|last| last.count == count) {
            return;
        }
        // The last change replaces the one before: the report always has the final count.
        if self.in_flight_samples.len() == MAX_SEEN {
            self.in_flight_samples.pop();
        }
        self.in_flight_samples.push(InFlightSample { at, count });
    }

    pub(super) fn record_trigger(&mut self, at: Duration, trigger: &Trigger) {
        if self.later_triggers.len() < Report::MAX_LATER_TRIGGERS {
            self.later_triggers.push(LaterTrigger { at, trigger: trigger.clone() });
        }
    }
}

impl ShutdownState {
    /// Returns the hooks that run now, with their start and their time limit.
    pub(crate) fn running(&self) -> impl Iterator<Item = (Id, &HookRef, Duration, Duration)> {
        self.running.iter().filter_map(|id| {
            let (running, hook) = (self.running_state(*id)?, self.plan.hook(*id)?);
            Some((*id, hook, running.start, running.time.limit))
        })
    }

    /// Returns the report. Hooks that still run count as abandoned, and hooks that never started count as skipped. The
    /// caller fills in the wall clock, the process and the exit code.
    pub(crate) fn report(&self, trigger: &Trigger, now: Duration) -> Report {
        let end = if let Step::Over { at } = self.step { at } else { now };
        let report = |id: Id| {
            let report = hook_report(self.plan.hook(id)?, self.hooks.get(id)?, end);
            // A hook may have ended by itself after it was inspected.
            let activity = self.activities.get(&id).filter(|_| report.is_overdue()).cloned().flatten();
            Some(HookReport { activity, ..report })
        };
        Report {
            trigger: trigger.clone(),
            process: None,
            hooks: self.plan.ids().filter_map(report).collect(),
            in_flight: self.cut_off.clone(),
            cut_off: self.history.cut_off(),
            duration: end,
            budget: self.plan.budget().total(),
            deadline_exceeded: end >= self.timing.usable(),
            forced: self.forced,
            program_exit: self.program_exit,
            triggered_at: SystemTime::UNIX_EPOCH,
            draining: self.history.draining,
            last_new_work: self.last_new_work(now),
            in_flight_samples: self.history.in_flight_samples.clone(),
            later_triggers: self.history.later_triggers.clone(),
            exit_code: 0,
        }
    }

    /// Returns when the last new work came, if a whole drain delay has passed.
    fn last_new_work(&self, now: Duration) -> Option<Duration> {
        let since = self.program.since_last_new_work().filter(|_| self.history.has_delayed)?;
        Some(now.saturating_sub(since))
    }
}

fn hook_report(hook: &HookRecord, state: &HookState, over: Duration) -> HookReport {
    match state {
        // Also if the hook was about to start, and a value was missing.
        HookState::Ended { outcome: outcome @ Outcome::Skipped(_), .. } => {
            HookReport::new(hook, outcome.clone(), None, Duration::ZERO)
        }
        HookState::Ended { start, end, outcome, left_tasks } => {
            let duration = end.saturating_sub(start.unwrap_or(*end));
            HookReport { left_tasks: *left_tasks, ..HookReport::new(hook, outcome.clone(), *start, duration) }
        }
        HookState::Running(Running { start, .. }) => {
            let outcome = Outcome::TimedOut { abandoned: true };
            HookReport::new(hook, outcome, Some(*start), over.saturating_sub(*start))
        }
        HookState::Waiting { .. } | HookState::Queued => {
            HookReport::new(hook, Outcome::Skipped(SkipReason::CutShort), None, Duration::ZERO)
        }
    }
}
