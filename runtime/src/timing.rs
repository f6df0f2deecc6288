//! Station 3, last part: the plan's declared times and the time that is left in, what each hook gets of it out; pure.

use std::time::Duration;

use crate::budget::Budget;
use crate::demand::{Allotment, Declared, Demand};
use crate::hook::{Hook, HookRef, Phase};
use crate::plan::Plan;

/// No hook gets more than this once somebody is in a hurry.
pub(crate) const HURRIED_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a cancelled future may take to be dropped before its thread counts as lost.
const DROP_PATIENCE: Duration = Duration::from_millis(250);
/// At least so long, out of the hook's own share where time is short.
const SHORT_DROP_PATIENCE: Duration = Duration::from_millis(100);

/// When things must have ended, all counted from the trigger.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    usable: Duration,
    flush_slice: Duration,
    /// The declared time of all groups that have not been opened.
    rest: Declared,
    hurry: bool,
}

impl Timing {
    pub(crate) fn new(plan: &Plan) -> Self {
        let (budget, rest): (Budget, Declared) = (plan.budget(), plan.declared());
        Self { usable: budget.usable(), flush_slice: budget.flush_slice(), rest, hurry: false }
    }

    /// From here on every timeout is short; what is still to run is given anew.
    pub(crate) fn hurry(&mut self, rest: impl Iterator<Item = (Phase, Allotment)>) {
        self.hurry = true;
        self.rest = Declared::default();
        for (phase, declared) in rest {
            let demand = self.demand(declared);
            self.rest.of(phase).add(demand);
        }
    }

    /// A group that has not been opened declares another time than before.
    pub(crate) fn redeclare(&mut self, phase: Phase, before: Allotment, after: Allotment) {
        let (before, after) = (self.demand(before), self.demand(after));
        let part = self.rest.of(phase);
        part.take(before);
        part.add(after);
    }

    fn demand(&self, declared: Allotment) -> Demand {
        Demand::new(self.cut(declared), self.usable)
    }

    /// When no hook runs any more.
    pub(crate) fn usable(&self) -> Duration {
        self.usable
    }

    /// When the phase must have ended. Without anything to flush, no time is kept for it.
    pub(crate) fn end_of(&self, phase: Phase) -> Duration {
        if phase == Phase::Flush || self.rest.flush.time.is_zero() {
            return self.usable;
        }
        self.usable.saturating_sub(self.flush_slice)
    }

    /// Opens a group: what its hooks get of their timeouts is all of it, or where the time does not suffice for all
    /// that is still to run, the share that does.
    pub(crate) fn open(&mut self, phase: Phase, declared: Allotment, now: Duration) -> Share {
        let left = self.end_of(phase).saturating_sub(now);
        let group = self.demand(declared);
        let part = self.rest.of(phase);
        let all = *part;
        part.take(group);
        if left >= all.time {
            return Share { left, whole: self.cut(declared), part: group.time, surplus: left - all.time };
        }
        Share { left, whole: self.cut(declared), part: group.part_of(left, all), surplus: Duration::ZERO }
    }

    /// Until when work in flight is waited for: all the time that later hooks have not declared, and at least half.
    pub(crate) fn drained_by(&self, now: Duration) -> Duration {
        let end = self.end_of(Phase::Drain);
        let left = end.saturating_sub(now);
        if self.hurry { now } else { now + left.saturating_sub(self.rest.before_flush.time).max(left / 2) }
    }

    fn cut(&self, declared: Allotment) -> Allotment {
        if self.hurry { declared.limited_to(HURRIED_TIMEOUT) } else { declared }
    }

    /// The length of time that this hook may take.
    pub(crate) fn allowance(&self, hook: &Hook, share: Share) -> Duration {
        share.of(self.cut(Allotment::of(hook, self.usable))).min(share.left)
    }

    /// So much before the end of its allowance an async hook is cancelled, and so long it may then take to be dropped.
    /// What nobody has declared comes on top.
    pub(crate) fn patience(allowance: Duration, share: Share) -> (Duration, Duration) {
        let on_top = DROP_PATIENCE.min(share.surplus);
        let within = SHORT_DROP_PATIENCE.min(allowance / 10).saturating_sub(on_top);
        (within, within + on_top)
    }
}

/// What a group gets of the time that it declares.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    left: Duration,
    whole: Allotment,
    part: Duration,
    /// What is left when every group has had all that it declares.
    surplus: Duration,
}

impl Share {
    fn of(self, declared: Allotment) -> Duration {
        declared.share(self.part, self.whole)
    }
}

/// Returns each hook's time limit in the worst case: every hook takes as long as it may, and no work is in flight.
pub(crate) fn worst_limits(plan: &Plan) -> Vec<(HookRef, Duration)> {
    let mut timing = Timing::new(plan);
    let (mut now, mut limits) = (Duration::ZERO, Vec::new());
    for (turn, group) in plan.groups() {
        if turn.0 != Phase::Announce {
            now = now.max(plan.drain_delay());
        }
        let share = timing.open(turn.0, group.declared, now);
        let hooks = group.members.iter().filter_map(|id| plan.hook(*id));
        limits.extend(hooks.map(|hook| (hook.clone(), timing.allowance(hook, share))));
        now = now.saturating_add(share.of(group.declared).min(share.left));
    }
    limits
}

/// Returns the hooks that the worst case cuts short, each with its time limit: a hook with a written timeout that gets
/// less than that, and a hook without one that gets less than the least share.
pub(crate) fn cuts(plan: &Plan) -> Vec<(HookRef, Duration)> {
    let is_cut = |(hook, limit): &(HookRef, Duration)| *limit < Allotment::of(hook, plan.budget().usable()).least;
    worst_limits(plan).into_iter().filter(is_cut).collect()
}
