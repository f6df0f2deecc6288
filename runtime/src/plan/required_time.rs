//! Computes the time that a plan requires, and whether the plan fits into its budget.

use std::time::Duration;

use crate::hook::Phase;
use crate::plan::allotment::{RequestedTime, TimeRequest};
use crate::plan::budget::Budget;
use crate::plan::drain_delay::{DrainDelay, DrainDelaySource};
use crate::plan::order::GroupKey;
use crate::plan::{Group, Plan, timing};

impl Plan {
    /// Returns the time that all groups request.
    ///
    /// If `flush` needs more than the slice that is kept for it, the difference also counts before `flush`. So hooks
    /// without a timeout leave this time unused.
    pub(crate) fn requested_time(&self) -> RequestedTime {
        let beyond = self.requested.flush.min.saturating_sub(self.budget.flush_slice());
        let mut requested = self.requested;
        requested.before_flush.max = requested.before_flush.max.saturating_add(beyond);
        requested.before_flush.min = requested.before_flush.min.saturating_add(beyond);
        // Without it, `flush` and what follows would get nothing but the slice where written timeouts do not fit.
        let weight = self.requested.flush.weight.saturating_sub(self.budget.flush_slice());
        requested.before_flush.weight = requested.before_flush.weight.saturating_add(weight);
        requested.before_flush.add(self.unrequested_drain_time());
        requested
    }

    /// Returns the part of the minimum drain time that the hooks of `drain` do not request themselves.
    pub(crate) fn unrequested_drain_time(&self) -> TimeRequest {
        let usable = self.budget.usable();
        let mut hooks = TimeRequest::default();
        let drain = self.groups().filter(|(key, _)| key.0 == Phase::Drain);
        drain.for_each(|(_, group)| hooks.add(TimeRequest::new(group.declared, usable)));
        let mut time = TimeRequest::fixed(self.min_drain_time);
        time.subtract(hooks);
        time
    }

    /// Returns the grace period, and the part of it that hooks may use.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// Returns the time, from the trigger, for which the program still serves.
    #[must_use]
    pub fn drain_delay(&self) -> Duration {
        self.drain_delay.length
    }

    pub(crate) fn delay(&self) -> DrainDelay {
        self.drain_delay
    }

    /// Returns where the drain delay was set.
    #[must_use]
    pub fn drain_delay_source(&self) -> DrainDelaySource {
        self.drain_delay.source
    }

    /// Returns the minimum time for which the drain phase waits for work in flight, from the beginning of draining.
    ///
    /// [`Settings::min_drain_time`](crate::Settings::min_drain_time) sets it. Default: zero.
    #[must_use]
    pub fn min_drain_time(&self) -> Duration {
        self.min_drain_time
    }

    /// Returns the maximum time for which the drain phase waits for work in flight, from the beginning of draining.
    ///
    /// [`Settings::max_drain_time`](crate::Settings::max_drain_time) sets it. Default: none.
    #[must_use]
    pub fn max_drain_time(&self) -> Option<Duration> {
        self.max_drain_time
    }

    /// Returns the time, from the trigger, until which the drain phase waits for work in flight at most.
    ///
    /// Assumes that the hooks of `deregister` and `drain` end at once; the drain phase waits longer otherwise. The rest
    /// of the time is kept for later hooks: for each its timeout, or the [least share](Self::least_share) if it sets
    /// none. Work in flight gets at least half of the time before `flush`, and at least the
    /// [minimum drain time](Self::min_drain_time). It gets no more than the
    /// [maximum drain time](Self::max_drain_time).
    #[must_use]
    pub fn drain_limit(&self) -> Duration {
        timing::drain_limit(self)
    }

    /// Returns the time that work in flight has, from the beginning of draining: the [limit](Self::drain_limit) without
    /// the [drain delay](Self::drain_delay).
    ///
    /// Give a server that has a limit of its own a shorter one. Otherwise the runtime cuts the server off first.
    ///
    /// ```standalone_crate
    /// # use std::time::Duration;
    /// # fn main() -> Result<(), on_shutdown::InstallError> {
    /// let settings = on_shutdown::Settings::new().grace_period(Duration::from_secs(30));
    /// let plan = settings.drain_delay(Duration::from_secs(5)).max_drain_time(Duration::from_secs(10)).plan()?;
    /// assert_eq!(plan.drain_time(), Duration::from_secs(10));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn drain_time(&self) -> Duration {
        self.drain_limit().saturating_sub(self.drain_delay())
    }

    /// Returns whether the maximum drain time is so long that another limit always comes first.
    pub(crate) fn has_unused_max_drain_time(&self) -> bool {
        let end = timing::Timing::new(self).end_of(Phase::Drain);
        // Without the drain delay, which SIGINT skips.
        self.max_drain_time.is_some_and(|time| time >= end)
    }

    /// Returns the time, from the trigger, that this plan needs so that no hook is cut short.
    ///
    /// The sum contains every timeout that is set, the [least share](Self::least_share) for each hook without one, the
    /// drain delay, and the [minimum drain time](Self::min_drain_time). Of hooks that run concurrently, the longest counts. Hooks of `deregister` run during the drain
    /// delay. Hooks of `flush` and the phases after it count for at least the time that is kept for them.
    #[must_use]
    pub fn worst_case(&self) -> Duration {
        let is_deregister = |(key, _): &(GroupKey, &Group)| key.0 == Phase::Deregister;
        let deregister = self.groups().take_while(is_deregister).map(|(_, group)| group.declared.min);
        let deregister = deregister.fold(Duration::ZERO, Duration::saturating_add);
        // Only the part of the drain delay that is longer than the `deregister` hooks adds time.
        let before_flush =
            self.requested.before_flush.min.saturating_add(self.drain_delay.length.saturating_sub(deregister));
        let before_flush = before_flush.saturating_add(self.unrequested_drain_time().min);
        before_flush.saturating_add(self.requested.flush.min).saturating_add(self.unused_flush_slice())
    }

    /// Returns the part of the time that is kept for `flush` that its hooks do not need.
    pub(crate) fn unused_flush_slice(&self) -> Duration {
        let need = self.requested.flush.min;
        if need.is_zero() { need } else { self.budget.flush_slice().saturating_sub(need) }
    }

    /// Returns the minimum time of a hook without a timeout: 1 s, or a tenth of the usable time if that is less.
    ///
    /// Such a hook may take up to [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT) if the other hooks leave the time.
    #[must_use]
    pub fn least_share(&self) -> Duration {
        self.budget.least_share()
    }

    /// Returns whether no hook is cut short, even if every hook takes as long as it may.
    ///
    /// Each hook must get its timeout, or at least the [least share](Self::least_share) if it sets none. The drain delay
    /// counts, and so do the [minimum drain time](Self::min_drain_time) and the time that is kept for `flush`. Work in
    /// flight does not count beyond the minimum drain time.
    #[must_use]
    pub fn fits(&self) -> bool {
        let worst = timing::worst_case(self);
        worst.keeps_drain_time && worst.cuts(self).is_empty()
    }
}
