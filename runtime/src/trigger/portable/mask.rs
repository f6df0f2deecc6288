//! Stands in for signal masks, which only Unix has. Nothing here has an effect.

use std::io;

use crate::trigger::Signal;

/// Blocks nothing: console events reach a thread of their own.
pub(crate) struct BlockedSignals;

impl BlockedSignals {
    pub(crate) fn block_all() -> io::Result<Self> {
        Ok(Self)
    }

    pub(in crate::trigger) fn masks(&self, _handled: &[Signal]) -> Masks {
        Masks
    }
}

/// The masks of the threads of a shutdown, which have none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Masks;

impl Masks {
    pub(crate) fn of_this_thread() -> Self {
        Self
    }

    pub(crate) fn apply_supervisor_mask(&self) {}

    pub(crate) fn apply_hook_mask(&self) {}

    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(crate) fn apply_program_mask(&self) {}
}
