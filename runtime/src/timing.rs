//! Station 3, last part: the plan's declared times and the time that is left in, what each hook gets of it out; pure.

use std::time::Duration;

use crate::hook::{Hook, Phase};
use crate::plan::Plan;

/// No hook gets more than this once somebody is in a hurry.
pub(crate) const HURRIED_TIMEOUT: Duration = Duration::from_secs(1);

/// When things must have ended, all counted from the trigger.
pub(crate) struct Timing {
    usable: Duration,
    /// When all before `flush` must have ended.
    flush_from: Duration,
    /// For each group, the declared time of it and of all later groups that share its limit.
    rest: Vec<Duration>,
    hurry: bool,
}

impl Timing {
    pub(crate) fn new(plan: &Plan) -> Self {
        let budget = plan.budget();
        let flushes = plan.groups().iter().any(|group| group.phase == Phase::Flush);
        let slice = if flushes { budget.flush_slice() } else { Duration::ZERO };
        let mut timing = Self {
            usable: budget.usable(),
            flush_from: budget.usable().saturating_sub(slice),
            rest: Vec::new(),
            hurry: false,
        };
        timing.sum(plan);
        timing
    }

    pub(crate) fn hurry(&mut self, plan: &Plan) {
        self.hurry = true;
        self.sum(plan);
    }

    fn sum(&mut self, plan: &Plan) {
        let (mut rest, mut flush) = (Duration::ZERO, true);
        let mut sums: Vec<Duration> = plan
            .groups()
            .iter()
            .rev()
            .map(|group| {
                if flush && group.phase != Phase::Flush {
                    (rest, flush) = (Duration::ZERO, false);
                }
                rest += self.cut(group.declared);
                rest
            })
            .collect();
        sums.reverse();
        self.rest = sums;
    }

    /// When no hook runs any more.
    pub(crate) fn usable(&self) -> Duration {
        self.usable
    }

    /// When the phase must have ended.
    pub(crate) fn end_of(&self, phase: Phase) -> Duration {
        if phase == Phase::Flush { self.usable } else { self.flush_from }
    }

    /// What each hook of the group gets of its timeout: all of it, or where the time does not suffice for
    /// all that is still to run, the share that does.
    pub(crate) fn share(&self, group: usize, phase: Phase, now: Duration) -> Share {
        let left = self.end_of(phase).saturating_sub(now);
        let needed = self.rest.get(group).copied().unwrap_or_default();
        Share { left, needed: needed.max(Duration::from_nanos(1)) }
    }

    fn cut(&self, timeout: Duration) -> Duration {
        if self.hurry { timeout.min(HURRIED_TIMEOUT) } else { timeout }
    }

    /// The length of time that a hook with this timeout may take.
    pub(crate) fn allowance(&self, timeout: Duration, share: Share) -> Duration {
        share.of(self.cut(timeout)).min(share.left)
    }
}

/// `left / needed`, at most one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Share {
    left: Duration,
    needed: Duration,
}

impl Share {
    fn of(self, time: Duration) -> Duration {
        if self.left >= self.needed {
            return time;
        }
        let nanos = time.as_nanos() * self.left.as_nanos() / self.needed.as_nanos().max(1);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// The hooks that would be cut short if every hook took as long as it may, each with the time it would get.
pub(crate) fn cuts(plan: &Plan) -> Vec<(&'static Hook, Duration)> {
    let timing = Timing::new(plan);
    let (mut now, mut cuts) = (Duration::ZERO, Vec::new());
    for (index, group) in plan.groups().iter().enumerate() {
        if group.phase != Phase::Announce {
            now = now.max(plan.drain_delay());
        }
        let share = timing.share(index, group.phase, now);
        for hook in plan.members(group) {
            let allowance = timing.allowance(hook.timeout, share);
            cuts.extend((allowance < hook.timeout).then_some((*hook, allowance)));
        }
        now += share.of(group.declared).min(share.left);
    }
    cuts
}
