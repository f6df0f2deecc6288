//! Computes how far the shutdown is, for a platform that waits for the end of the process.

use std::time::Duration;

use super::{ShutdownState, Step};
use crate::telemetry::{Event, Progress};

impl ShutdownState {
    pub(crate) fn progress(&self, now: Duration) -> Progress {
        // A queued hook is waited for like one that runs, and gets the same time.
        let queued = || self.queue.iter().filter_map(|id| self.plan.hook(*id));
        let limits = self.running().map(|(_, _, _, limit)| limit);
        let limits = limits.chain(queued().filter_map(|hook| self.allot(hook, now)).map(|time| time.limit));
        let before_draining = matches!(self.step, Step::Armed | Step::Deregistering(_) | Step::Serving { .. });
        let is_serving = before_draining && now < self.serve_until;
        Progress {
            now,
            phase: self.phase(),
            hooks: self.running().map(|(_, hook, ..)| hook).chain(queued()).cloned().collect(),
            in_flight: if self.is_draining() { self.history.in_flight() } else { 0 },
            is_serving,
            count: self.progress,
            until: limits.chain(is_serving.then_some(self.serve_until)).max().unwrap_or(now),
        }
    }

    /// Records that a phase has begun, once for each phase.
    pub(super) fn record_phase(&mut self) {
        let phase = self.phase();
        if self.recorded_phase != Some(phase) {
            self.recorded_phase = Some(phase);
            let groups = self.plan.groups().filter(|(key, _)| key.0 == phase);
            let hooks = groups.map(|(_, group)| group.members.len()).sum();
            self.emit(Event::PhaseBegan { phase, hooks });
        }
    }
}
