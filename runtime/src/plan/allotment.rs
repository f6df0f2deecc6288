//! Time that hooks and groups ask for, and what they get if there is not enough of it. Pure.

use std::time::Duration;

use crate::hook::{Hook, Phase};
use crate::plan::budget::Budget;

/// The time of one hook, or of the longest chain of hooks in a group.
///
/// A written timeout is a promise: `least` and `most` are the same. A hook without one may take the default timeout, but
/// shares what the written timeouts leave; `least` is what it gets in any plan that fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allotment {
    pub(crate) least: Duration,
    pub(crate) most: Duration,
}

impl Allotment {
    /// Returns the hook's time. Timeouts longer than any grace period count as that, so that sums do not overflow.
    pub(crate) fn of(hook: &Hook, usable: Duration) -> Self {
        let most = hook.timeout.min(Budget::LONGEST);
        let least = if hook.timeout_is_default { most.min(Budget::least_share_of(usable)) } else { most };
        Self { least, most }
    }

    /// Adds the time of what runs after this.
    pub(crate) fn then(self, next: Self) -> Self {
        Self { least: self.least.saturating_add(next.least), most: self.most.saturating_add(next.most) }
    }

    /// Returns the time of two that run concurrently.
    pub(crate) fn or_longer(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.max(other.most) }
    }

    pub(crate) fn limited_to(self, limit: Duration) -> Self {
        Self { least: self.least.min(limit), most: self.most.min(limit) }
    }

    /// Returns what this hook gets if its group, which asks for `group`, gets `part`.
    ///
    /// Whatever the part, the hooks of one chain together get no more than it.
    pub(crate) fn share(self, part: Duration, group: Self) -> Duration {
        if part >= group.most {
            self.most
        } else if part >= group.least {
            let (extra, flexible) = (part.saturating_sub(group.least), group.flexible());
            self.least.saturating_add(scale(self.flexible(), extra, flexible))
        } else {
            scale(self.most, part, group.most)
        }
    }

    /// Returns the time that is wanted, but not promised.
    fn flexible(self) -> Duration {
        self.most.saturating_sub(self.least)
    }
}

/// The time that all groups ask for, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    pub(crate) before_flush: Demand,
    pub(crate) flush: Demand,
}

impl Declared {
    /// The part that the phase belongs to, to read.
    pub(crate) fn get(&self, phase: Phase) -> Demand {
        if phase >= Phase::Flush { self.flush } else { self.before_flush }
    }

    /// Returns the part that the phase belongs to.
    pub(crate) fn of(&mut self, phase: Phase) -> &mut Demand {
        if phase >= Phase::Flush { &mut self.flush } else { &mut self.before_flush }
    }
}

/// The time that one group, or several, ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demand {
    /// If every hook takes its whole timeout.
    pub(crate) time: Duration,
    /// What is promised of it.
    pub(crate) least: Duration,
    /// What counts if the promises cannot be kept: no group for more than all the time there is, nor for less than a
    /// fiftieth of it, so that a timeout of an hour elsewhere leaves something for every hook.
    pub(crate) weight: Duration,
}

impl Demand {
    pub(crate) fn new(Allotment { least, most }: Allotment, usable: Duration) -> Self {
        let weight = if most.is_zero() { most } else { most.clamp(usable / 50, usable) };
        Self { time: most, least, weight }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.time = self.time.saturating_add(other.time);
        self.least = self.least.saturating_add(other.least);
        self.weight = self.weight.saturating_add(other.weight);
    }

    pub(crate) fn take(&mut self, other: Self) {
        self.time = self.time.saturating_sub(other.time);
        self.least = self.least.saturating_sub(other.least);
        self.weight = self.weight.saturating_sub(other.weight);
    }

    /// Returns what this group gets if `left` does not suffice for all that `all` groups ask for.
    ///
    /// If `left` suffices for what is promised, every group gets that, and the rest is shared in proportion to what
    /// else they want. Otherwise all of `left` is shared in proportion to the weights.
    pub(crate) fn part_of(self, left: Duration, all: Self) -> Duration {
        let part = match left.checked_sub(all.least) {
            Some(extra) => {
                let flexible = self.time.saturating_sub(self.least);
                self.least.saturating_add(scale(flexible, extra, all.time.saturating_sub(all.least)))
            }
            None => scale(left, self.weight, all.weight),
        };
        part.min(self.time)
    }
}

/// Returns `time * part / whole`, rounded down.
pub(crate) fn scale(time: Duration, part: Duration, whole: Duration) -> Duration {
    let nanos = time.as_nanos().saturating_mul(part.as_nanos()) / whole.as_nanos().max(1);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
