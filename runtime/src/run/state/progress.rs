//! Computes how far the shutdown is, for a platform that waits for the end of the process.

use std::time::Duration;

use super::{Event, ShutdownState, Step};
use crate::hook::{HookRef, Phase};

/// The progress of the shutdown at one moment.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "systemd"), expect(dead_code, reason = "only the feature `systemd` reads it"))]
pub(crate) struct Progress {
    pub(crate) now: Duration,
    pub(crate) phase: Phase,
    /// The hooks that run or wait for a thread.
    pub(crate) hooks: Vec<HookRef>,
    /// How much work in flight the drain phase waits for.
    pub(crate) in_flight: usize,
    /// Whether the drain delay lasts.
    pub(crate) is_serving: bool,
    /// Rises when a hook ends by itself (not by its timeout), when work in flight ends, and when the drain delay ends.
    /// Also rises when that delay begins, because the delay always ends.
    pub(crate) count: usize,
    /// When all hooks that run now will have ended or been abandoned, by their time limits.
    pub(crate) until: Duration,
}

impl ShutdownState {
    pub(crate) fn progress(&self, now: Duration) -> Progress {
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
            self.events.push(Event::PhaseBegan { phase, hooks });
        }
    }
}
