//! Computes how much time hooks and groups request, and how much they get if time is short. Pure.

use std::time::Duration;

use crate::hook::{HookRecord, Phase};
use crate::plan::budget::Budget;

/// The time of one hook, or of a group along its critical path.
///
/// A timeout that is set is a promise: `min` and `max` are equal. A hook without a timeout may take up to the default
/// timeout, but shares the time that the set timeouts leave. `min` is its time in every plan that fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allotment {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

impl Allotment {
    /// Returns the time that the hook requests. No timeout counts for more than the longest grace period, so that sums
    /// do not overflow.
    pub(crate) fn of(hook: &HookRecord, usable: Duration) -> Self {
        let max = hook.timeout.min(Budget::LONGEST);
        let min = if hook.timeout_is_default { max.min(Budget::least_share_of(usable)) } else { max };
        Self { min, max }
    }

    /// Returns the time of this hook and of a hook that runs after it.
    pub(crate) fn followed_by(self, next: Self) -> Self {
        Self { min: self.min.saturating_add(next.min), max: self.max.saturating_add(next.max) }
    }

    /// Returns the time of two hooks that run concurrently.
    pub(crate) fn or_longer(self, other: Self) -> Self {
        Self { min: self.min.max(other.min), max: self.max.max(other.max) }
    }

    pub(crate) fn limited_to(self, limit: Duration) -> Self {
        Self { min: self.min.min(limit), max: self.max.min(limit) }
    }

    /// Returns the time of this hook if its group requested `requested` and was granted `granted`.
    ///
    /// Together, the hooks along one path of `after` never get more than `granted`.
    pub(crate) fn part_of_group(self, granted: Duration, requested: Self) -> Duration {
        // Three ranges: all time is granted, all promises are kept, or even promises are cut in proportion.
        if granted >= requested.max {
            self.max
        } else if granted >= requested.min {
            let (extra, flexible) = (granted.saturating_sub(requested.min), requested.flexible());
            self.min.saturating_add(scale(self.flexible(), extra, flexible))
        } else {
            scale(self.min, granted, requested.min)
        }
    }

    /// Returns the time that is requested, but not promised.
    fn flexible(self) -> Duration {
        self.max.saturating_sub(self.min)
    }
}

/// The requests of all groups, added up in two parts, because time is reserved for the second part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RequestedTime {
    pub(crate) before_flush: TimeRequest,
    /// The phase `flush` and the phases after it.
    pub(crate) flush: TimeRequest,
}

impl RequestedTime {
    /// Returns the part to which the phase belongs.
    pub(crate) fn get(&self, phase: Phase) -> TimeRequest {
        if phase >= Phase::Flush { self.flush } else { self.before_flush }
    }

    /// Returns the part to which the phase belongs, to change it.
    pub(crate) fn get_mut(&mut self, phase: Phase) -> &mut TimeRequest {
        if phase >= Phase::Flush { &mut self.flush } else { &mut self.before_flush }
    }
}

/// The time that one group, or several groups one after another, request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimeRequest {
    /// The time if every hook takes its whole timeout.
    pub(crate) max: Duration,
    /// The time that is promised.
    pub(crate) min: Duration,
    /// The proportion in which groups share if the promises cannot be kept. See [`TimeRequest::new`].
    pub(crate) weight: Duration,
}

impl TimeRequest {
    /// Creates the request of one group.
    ///
    /// The weight of a group is between a fiftieth of the usable time and all of it. So a timeout of an hour elsewhere
    /// still leaves time for every other hook.
    pub(crate) fn new(Allotment { min, max }: Allotment, usable: Duration) -> Self {
        let weight = if max.is_zero() { max } else { max.clamp(usable / 50, usable) };
        Self { max, min, weight }
    }

    /// Creates the request of something other than hooks, which needs exactly this time.
    pub(crate) fn fixed(time: Duration) -> Self {
        Self { max: time, min: time, weight: time }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.max = self.max.saturating_add(other.max);
        self.min = self.min.saturating_add(other.min);
        self.weight = self.weight.saturating_add(other.weight);
    }

    pub(crate) fn subtract(&mut self, other: Self) {
        self.max = self.max.saturating_sub(other.max);
        self.min = self.min.saturating_sub(other.min);
        self.weight = self.weight.saturating_sub(other.weight);
    }

    /// Returns the time of this group if `left` is less than `all` groups request.
    ///
    /// If `left` covers the promised time, each group gets its promised time, and the groups share the rest in
    /// proportion to their flexible time. Otherwise the groups share `left` in proportion to their weights.
    pub(crate) fn share_of(self, left: Duration, all: Self) -> Duration {
        let share = match left.checked_sub(all.min) {
            Some(extra) => {
                let flexible = self.max.saturating_sub(self.min);
                self.min.saturating_add(scale(flexible, extra, all.max.saturating_sub(all.min)))
            }
            None => scale(left, self.weight, all.weight),
        };
        // Rounding never grants more than the group can use.
        share.min(self.max)
    }
}

/// Returns `time * numerator / denominator`, rounded down.
fn scale(time: Duration, numerator: Duration, denominator: Duration) -> Duration {
    // A denominator of 0 comes with a numerator of 0.
    let nanos = time.as_nanos().saturating_mul(numerator.as_nanos()) / denominator.as_nanos().max(1);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
