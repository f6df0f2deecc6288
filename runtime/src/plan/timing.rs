//! Computes the time limit of each hook from the plan and the time that is left. Pure.

use std::time::Duration;

use crate::hook::context::FAST_TIMEOUT;
use crate::hook::{HookRecord, HookRef, Phase};
use crate::plan::Plan;
use crate::plan::allotment::{Allotment, RequestedTime, TimeRequest};
use crate::plan::budget::Budget;

/// The maximum time for dropping a cancelled future before its thread counts as lost. A `Drop` that closes a
/// connection takes a round trip.
const DROP_GRACE: Duration = Duration::from_millis(250);
/// The same if time is short. This time is taken from the hook's own time.
const SHORT_DROP_GRACE: Duration = Duration::from_millis(100);

/// The time that is left for the hooks that have not started. All times count from the trigger.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    usable: Duration,
    flush_slice: Duration,
    /// The requests of all groups that have not been opened.
    rest: RequestedTime,
    /// The part of `rest` that is reserved for work in flight, until draining begins.
    for_work: TimeRequest,
    min_drain_time: Duration,
    max_drain_time: Option<Duration>,
    /// The time until which the drain phase waits for work in flight at least. Known when draining begins.
    least_drain_end: Duration,
    /// The time until which it waits at most. Known when draining begins, if there is a maximum.
    latest_drain_end: Option<Duration>,
    is_fast: bool,
}

impl Timing {
    pub(crate) fn new(plan: &Plan) -> Self {
        let (budget, rest): (Budget, RequestedTime) = (plan.budget(), plan.requested_time());
        Self {
            usable: budget.usable(),
            flush_slice: budget.flush_slice(),
            rest,
            for_work: plan.unrequested_drain_time(),
            min_drain_time: plan.min_drain_time(),
            max_drain_time: plan.max_drain_time(),
            least_drain_end: Duration::ZERO,
            latest_drain_end: None,
            is_fast: false,
        }
    }

    /// Begins the drain phase. What was reserved for it is now available to its hooks, and to work in flight after them.
    pub(crate) fn begin_draining(&mut self, now: Duration) {
        self.rest.before_flush.subtract(std::mem::take(&mut self.for_work));
        self.least_drain_end = now.saturating_add(self.min_drain_time);
        self.latest_drain_end = self.max_drain_time.map(|time| now.saturating_add(time));
    }

    /// Shortens every timeout from now on. `rest` are the groups that have not been opened.
    pub(crate) fn begin_fast(&mut self, rest: impl Iterator<Item = (Phase, Allotment)>) {
        // `rest` holds requests with long timeouts, so compute it again.
        self.is_fast = true;
        self.rest = RequestedTime::default();
        self.for_work = TimeRequest::default();
        for (phase, declared) in rest {
            let request = self.request(declared);
            self.rest.get_mut(phase).add(request);
        }
    }

    /// Returns whether timeouts are shortened.
    pub(crate) fn is_fast(&self) -> bool {
        self.is_fast
    }

    /// Changes the time that a group requests. The group has not been opened.
    pub(crate) fn redeclare(&mut self, phase: Phase, before: Allotment, after: Allotment) {
        let (before, after) = (self.request(before), self.request(after));
        let part = self.rest.get_mut(phase);
        part.subtract(before);
        part.add(after);
    }

    fn request(&self, declared: Allotment) -> TimeRequest {
        TimeRequest::new(self.shorten(declared), self.usable)
    }

    /// Returns the time after which no hook runs.
    pub(crate) fn usable(&self) -> Duration {
        self.usable
    }

    /// Returns whether time at the end of the budget is reserved for this phase.
    pub(crate) fn is_reserved(phase: Phase) -> bool {
        phase >= Phase::Flush
    }

    /// Returns the deadline of the phase. No time is reserved for `flush` if no hook requests it.
    pub(crate) fn end_of(&self, phase: Phase) -> Duration {
        if Self::is_reserved(phase) || self.rest.flush.max.is_zero() {
            return self.usable;
        }
        self.usable.saturating_sub(self.flush_slice)
    }

    /// Opens a group and grants it time: all that it requests, or its share if time is short.
    pub(crate) fn open(&mut self, phase: Phase, declared: Allotment, now: Duration) -> GrantedTime {
        let left = self.end_of(phase).saturating_sub(now);
        let (requested, group) = (self.shorten(declared), self.request(declared));
        let part = self.rest.get_mut(phase);
        let all = *part;
        part.subtract(group);
        match left.checked_sub(all.max) {
            Some(surplus) => GrantedTime { requested, time: group.max, surplus },
            None => GrantedTime { requested, time: group.share_of(left, all), surplus: Duration::ZERO },
        }
    }

    /// Opens a group for a hook that was registered late. The earlier groups were granted their time without this
    /// group's request.
    pub(crate) fn open_late(&mut self, phase: Phase, declared: Allotment, now: Duration) -> GrantedTime {
        let group = self.request(declared);
        self.rest.get_mut(phase).add(group);
        self.open(phase, declared, now)
    }

    /// Returns the time until which the drain phase waits for work in flight, if its hooks have ended now.
    ///
    /// The rest is kept for later hooks: what they are promised, not what they may take. A hook without a timeout is
    /// promised the least share. Work in flight gets at least half of what is left, because hooks rarely take all that
    /// they declare; and it gets the minimum drain time. It gets no more than the maximum drain time. A fast shutdown does
    /// not wait.
    pub(crate) fn drain_deadline(&self, now: Duration) -> Duration {
        if self.is_fast {
            return now;
        }
        let end = self.end_of(Phase::Drain);
        let left = end.saturating_sub(now);
        let unpromised = left.saturating_sub(self.rest.before_flush.min);
        let deadline = now + unpromised.max(left / 2).max(self.least_drain_end.min(end).saturating_sub(now));
        // `max`: the hooks of `drain` keep their timeouts, and may end later.
        self.latest_drain_end.map_or(deadline, |latest| deadline.min(latest).max(now))
    }

    /// Returns the maximum drain time if it is over.
    pub(crate) fn exceeded_drain_time(&self, now: Duration) -> Option<Duration> {
        self.max_drain_time.filter(|_| self.latest_drain_end.is_some_and(|latest| now >= latest))
    }

    /// Returns the time that the hook requests.
    pub(crate) fn allotment(&self, hook: &HookRecord) -> Allotment {
        Allotment::of(hook, self.usable)
    }

    fn shorten(&self, declared: Allotment) -> Allotment {
        if self.is_fast { declared.limited_to(FAST_TIMEOUT) } else { declared }
    }

    /// Returns the maximum time of a hook that starts now: its timeout, or its share if time is short.
    ///
    /// A hook that starts late, because it was registered late or because no thread was free, gets no time after the
    /// end of its phase. It also leaves the later groups their share of the time that is left now.
    pub(crate) fn time_limit(&self, hook: &HookRecord, granted: GrantedTime, now: Duration) -> Duration {
        let left = self.end_of(hook.phase).saturating_sub(now);
        let (own, all) = self.requests_from(hook);
        // Time that was granted at the group's start may be gone by now, so compute the share again.
        let fair = if left >= all.max { left } else { own.share_of(left, all) };
        granted.of_hook(self.shorten(self.allotment(hook))).min(fair)
    }

    /// Returns the request of this hook, and the sum of it and the requests of all groups that have not been opened.
    fn requests_from(&self, hook: &HookRecord) -> (TimeRequest, TimeRequest) {
        let (own, mut all) = (self.request(self.allotment(hook)), self.rest.get(hook.phase));
        all.add(own);
        (own, all)
    }

    /// Returns the limits of a hook that starts now, or `None` if no time is left in its phase.
    pub(crate) fn allot(&self, hook: &HookRecord, granted: GrantedTime, now: Duration) -> Option<TimeLimit> {
        let time = self.time_limit(hook, granted, now);
        if time.is_zero() {
            return None;
        }
        // A sync hook cannot be cancelled, so there is nothing to drop.
        if !hook.body.is_async() {
            return Some(TimeLimit { limit: now + time, drop_grace: Duration::ZERO });
        }
        // Time that no hook requests extends the drop grace. The rest of the drop grace comes out of the hook's own time.
        // The surplus was computed when the group was opened; there is less of it for a hook that starts late.
        let left = self.end_of(hook.phase).saturating_sub(now);
        let unrequested = left.saturating_sub(self.requests_from(hook).1.max);
        let extra = DROP_GRACE.min(granted.surplus).min(unrequested);
        let own = SHORT_DROP_GRACE.min(time / 10).saturating_sub(extra);
        Some(TimeLimit { limit: now + time.saturating_sub(own), drop_grace: own + extra })
    }
}

/// The limits of one hook.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    /// The time, from the trigger, at which the hook is cancelled, or abandoned if it cannot be cancelled.
    pub(crate) limit: Duration,
    /// The maximum time for dropping the cancelled future.
    pub(crate) drop_grace: Duration,
}

impl TimeLimit {
    /// Moves the limits forward so that both end at `end` or before.
    pub(crate) fn capped_at(self, end: Duration) -> Self {
        let drop_grace = self.drop_grace.min(SHORT_DROP_GRACE).min(end);
        match self.limit + self.drop_grace <= end {
            true => self,
            false => Self { limit: self.limit.min(end.saturating_sub(drop_grace)), drop_grace },
        }
    }
}

/// The time that a group was granted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GrantedTime {
    requested: Allotment,
    time: Duration,
    /// The time that is left if every group gets all that it requests.
    surplus: Duration,
}

impl GrantedTime {
    /// Returns the time of a hook of this group.
    fn of_hook(self, declared: Allotment) -> Duration {
        declared.part_of_group(self.time, self.requested)
    }
}

/// The worst case: every hook takes as long as it may, and work is in flight for the minimum drain time.
pub(crate) struct WorstCase {
    /// Each hook's maximum time.
    pub(crate) limits: Vec<(HookRef, Duration)>,
    /// Whether the drain phase has its minimum time.
    pub(crate) keeps_drain_time: bool,
}

impl WorstCase {
    /// Returns the hooks that are cut short, each with its maximum time: a hook that gets less than its set timeout, and
    /// a hook without a timeout that gets less than the least share.
    pub(crate) fn cuts(self, plan: &Plan) -> Vec<(HookRef, Duration)> {
        let is_cut = |(hook, limit): &(HookRef, Duration)| *limit < Allotment::of(hook, plan.budget().usable()).min;
        self.limits.into_iter().filter(is_cut).collect()
    }
}

pub(crate) fn worst_case(plan: &Plan) -> WorstCase {
    let mut timing = Timing::new(plan);
    let (mut now, mut limits, mut keeps_drain_time) = (Duration::ZERO, Vec::new(), true);
    for phase in Phase::ALL {
        if phase == Phase::Drain {
            // The hooks of `deregister` run during the drain delay, all others after it.
            now = now.max(plan.drain_delay());
            timing.begin_draining(now);
        }
        for (_, group) in plan.groups().filter(|(key, _)| key.0 == phase) {
            let granted = timing.open(phase, group.declared, now);
            let hooks = group.members.iter().filter_map(|id| plan.hook(*id));
            limits.extend(hooks.map(|hook| (hook.clone(), timing.time_limit(hook, granted, now))));
            // A group that overruns ends with its phase. `max`, because the end may have passed before the group began.
            now = now.saturating_add(granted.of_hook(group.declared)).min(timing.end_of(phase)).max(now);
        }
        if phase == Phase::Drain {
            keeps_drain_time = timing.least_drain_end <= timing.end_of(phase) || plan.min_drain_time().is_zero();
            now = now.max(timing.least_drain_end.min(timing.end_of(phase)));
        }
    }
    WorstCase { limits, keeps_drain_time }
}

/// Returns until when work in flight is waited for, if the hooks of `deregister` and `drain` end at once.
pub(crate) fn drain_limit(plan: &Plan) -> Duration {
    let (mut timing, began) = (Timing::new(plan), plan.drain_delay());
    timing.begin_draining(began);
    for (key, group) in plan.groups().take_while(|(key, _)| key.0 <= Phase::Drain) {
        timing.open(key.0, group.declared, began);
    }
    timing.drain_deadline(began)
}
