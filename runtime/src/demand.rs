//! Station 3, between budget and plan: declared lengths of time in, what they weigh when there is not enough out; pure.

use std::time::Duration;

use crate::hook::Phase;

/// The declared times of all groups, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    pub(crate) before_flush: Demand,
    pub(crate) flush: Demand,
}

impl Declared {
    /// The part that the phase belongs to, to read.
    pub(crate) fn get(&self, phase: Phase) -> Demand {
        if phase == Phase::Flush { self.flush } else { self.before_flush }
    }

    /// The part that the phase belongs to.
    pub(crate) fn of(&mut self, phase: Phase) -> &mut Demand {
        if phase == Phase::Flush { &mut self.flush } else { &mut self.before_flush }
    }
}

/// What groups ask of the time there is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demand {
    /// The declared times.
    pub(crate) time: Duration,
    /// What counts when the time does not suffice: no group for more than all the time there is, nor for less than a
    /// fiftieth of it, so that a timeout of an hour elsewhere leaves something for every hook.
    pub(crate) weight: Duration,
}

impl Demand {
    pub(crate) fn new(declared: Duration, usable: Duration) -> Self {
        let weight = if declared.is_zero() { declared } else { declared.clamp(usable / 50, usable) };
        Self { time: declared, weight }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.time += other.time;
        self.weight += other.weight;
    }

    pub(crate) fn take(&mut self, other: Self) {
        self.time = self.time.saturating_sub(other.time);
        self.weight = self.weight.saturating_sub(other.weight);
    }
}
