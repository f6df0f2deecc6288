//! How far the shutdown has come in; what a platform that waits for its end may be told out.

use std::time::Duration;

use super::{Event, Machine};
use crate::hook::{HookRef, Phase};

/// What the shutdown is at, at one moment.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "systemd"), expect(dead_code, reason = "only a room that is not built asks for it"))]
pub(crate) struct Standing {
    pub(crate) now: Duration,
    pub(crate) phase: Phase,
    /// The hooks that run.
    pub(crate) hooks: Vec<HookRef>,
    /// How much work in flight is waited for.
    pub(crate) in_flight: usize,
    /// Whether the drain delay goes on.
    pub(crate) serves: bool,
    /// Rises whenever something that was waited for has ended by itself: a hook (not by its timeout), work in flight,
    /// the drain delay; and when that delay begins, for it will.
    pub(crate) progress: usize,
    /// When what runs now has ended or was given up, by the times that it has.
    pub(crate) until: Duration,
}

impl Machine {
    pub(crate) fn standing(&self, now: Duration) -> Standing {
        let queued = || self.queue.iter().filter_map(|id| self.plan.hook(*id));
        let limits = self.running().map(|(_, _, _, limit)| limit);
        let limits = limits.chain(queued().map(|hook| now + self.timing.allowance(hook, self.share)));
        let serves = !self.draining && now < self.delay_until;
        Standing {
            now,
            phase: self.phase(),
            hooks: self.running().map(|(_, hook, ..)| hook).chain(queued()).cloned().collect(),
            in_flight: if self.awaits_work() { self.in_flight } else { 0 },
            serves,
            progress: self.progress,
            until: limits.chain(serves.then_some(self.delay_until)).max().unwrap_or(now),
        }
    }

    /// Says that a phase has begun, once for each.
    pub(super) fn enter_phase(&mut self) {
        let phase = self.phase();
        if self.entered != Some(phase) {
            self.entered = Some(phase);
            let groups = self.plan.groups().filter(|(turn, _)| turn.0 == phase);
            let hooks = groups.map(|(_, group)| group.members.len()).sum();
            self.events.push(Event::PhaseBegan { phase, hooks });
        }
    }
}
