//! Station 3, last part: the plan's declared times and the time that is left in, what each hook gets of it out; pure.

use std::time::Duration;

use crate::hook::context::FAST_TIMEOUT;
use crate::hook::{Hook, HookRef, Phase};
use crate::plan::Plan;
use crate::plan::allotment::{Allotment, Declared, Demand};
use crate::plan::budget::Budget;

/// How long a cancelled future may take to be dropped before its thread counts as lost: a `Drop` that closes a
/// connection takes a round trip.
const DROP_GRACE: Duration = Duration::from_millis(250);
/// The same out of the hook's own share, where time is short.
const SHORT_DROP_GRACE: Duration = Duration::from_millis(100);

/// When things must have ended, all counted from the trigger.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    usable: Duration,
    flush_slice: Duration,
    /// The declared time of all groups that have not been opened.
    rest: Declared,
    is_fast: bool,
}

impl Timing {
    pub(crate) fn new(plan: &Plan) -> Self {
        let (budget, rest): (Budget, Declared) = (plan.budget(), plan.declared());
        Self { usable: budget.usable(), flush_slice: budget.flush_slice(), rest, is_fast: false }
    }

    /// Shortens every timeout from here on. `rest` is what is still to run.
    pub(crate) fn begin_fast(&mut self, rest: impl Iterator<Item = (Phase, Allotment)>) {
        self.is_fast = true;
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

    /// Whether time at the end is kept for this phase.
    pub(crate) fn is_reserved(phase: Phase) -> bool {
        phase >= Phase::Flush
    }

    /// When the phase must have ended. Without anything to flush, no time is kept for it.
    pub(crate) fn end_of(&self, phase: Phase) -> Duration {
        if Self::is_reserved(phase) || self.rest.flush.time.is_zero() {
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
            return Share { whole: self.cut(declared), part: group.time, surplus: left.saturating_sub(all.time) };
        }
        Share { whole: self.cut(declared), part: group.part_of(left, all), surplus: Duration::ZERO }
    }

    /// Opens a group whose hook came late: its time was not declared when the others' was shared out.
    pub(crate) fn open_late(&mut self, phase: Phase, declared: Allotment, now: Duration) -> Share {
        let group = self.demand(declared);
        self.rest.of(phase).add(group);
        self.open(phase, declared, now)
    }

    /// Until when work in flight is waited for: all the time that later hooks have not declared, and at least half.
    pub(crate) fn drained_by(&self, now: Duration) -> Duration {
        let end = self.end_of(Phase::Drain);
        let left = end.saturating_sub(now);
        if self.is_fast { now } else { now + left.saturating_sub(self.rest.before_flush.time).max(left / 2) }
    }

    /// The time that the hook asks for.
    pub(crate) fn allotment(&self, hook: &Hook) -> Allotment {
        Allotment::of(hook, self.usable)
    }

    fn cut(&self, declared: Allotment) -> Allotment {
        if self.is_fast { declared.limited_to(FAST_TIMEOUT) } else { declared }
    }

    /// How long a hook may take that starts now: its timeout, or its share where time is short.
    ///
    /// However it came to run (late into its group, or after others because no thread was free), it gets no time beyond
    /// the end of its phase, and no more than leaves the groups after it their share of what is left now.
    pub(crate) fn allowance(&self, hook: &Hook, share: Share, now: Duration) -> Duration {
        let left = self.end_of(hook.phase).saturating_sub(now);
        let declared = self.allotment(hook);
        let (own, mut all) = (self.demand(declared), self.rest.get(hook.phase));
        all.add(own);
        let fair = if left >= all.time { left } else { own.part_of(left, all) };
        share.of(self.cut(declared)).min(fair)
    }

    /// The time for a hook that starts now; `None` where its phase has no time left.
    pub(crate) fn allot(&self, hook: &Hook, share: Share, now: Duration) -> Option<TimeLimit> {
        let allowance = self.allowance(hook, share, now);
        if allowance.is_zero() {
            return None;
        }
        if !hook.body.is_async() {
            return Some(TimeLimit { limit: now + allowance, drop_grace: Duration::ZERO });
        }
        // Time that no hook has declared comes on top, as far as the phase has any.
        let beyond = self.end_of(hook.phase).saturating_sub(now + allowance);
        let on_top = DROP_GRACE.min(share.surplus).min(beyond);
        let within = SHORT_DROP_GRACE.min(allowance / 10).saturating_sub(on_top);
        Some(TimeLimit { limit: now + allowance.saturating_sub(within), drop_grace: within + on_top })
    }
}

/// The time that one hook gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    /// When the hook is cancelled, or abandoned where it cannot be.
    pub(crate) limit: Duration,
    /// How long a cancelled future may then take to be dropped.
    pub(crate) drop_grace: Duration,
}

impl TimeLimit {
    /// The same, cut so that all of it ends by then.
    pub(crate) fn ending_by(self, end: Duration) -> Self {
        let drop_grace = self.drop_grace.min(SHORT_DROP_GRACE).min(end);
        match self.limit + self.drop_grace <= end {
            true => self,
            false => Self { limit: self.limit.min(end.saturating_sub(drop_grace)), drop_grace },
        }
    }
}

/// What a group gets of the time that it declares.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
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
    for (key, group) in plan.groups() {
        if key.0 != Phase::Deregister {
            now = now.max(plan.drain_delay());
        }
        let share = timing.open(key.0, group.declared, now);
        let hooks = group.members.iter().filter_map(|id| plan.hook(*id));
        limits.extend(hooks.map(|hook| (hook.clone(), timing.allowance(hook, share, now))));
        now = now.saturating_add(share.of(group.declared)).min(timing.end_of(key.0)).max(now);
    }
    limits
}

/// Returns the hooks that the worst case cuts short, each with its time limit: a hook with a written timeout that gets
/// less than that, and a hook without one that gets less than the least share.
pub(crate) fn cuts(plan: &Plan) -> Vec<(HookRef, Duration)> {
    let is_cut = |(hook, limit): &(HookRef, Duration)| *limit < Allotment::of(hook, plan.budget().usable()).least;
    worst_limits(plan).into_iter().filter(is_cut).collect()
}
