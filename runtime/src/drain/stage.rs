//! Holds the stage of the shutdown in one atomic.

use super::sync::{AtomicU8, Ordering, const_fn};

/// The stage of the shutdown, as servers and probes see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// The program wants new work.
    Serving,
    /// From the trigger on: the program still serves, and wants no new work.
    Leaving,
    /// From the end of the drain delay on: the program stops accepting and finishes the work in flight.
    Draining,
}

/// The stage that the program has reached. It only moves forward.
///
/// Has a cache line of its own, because every guard and every probe reads it. A write to another value in the same line
/// would slow all of them.
#[repr(align(64))]
pub(super) struct StageFlag {
    reached: AtomicU8,
}

impl StageFlag {
    const_fn! {
        pub(super) fn new() -> Self {
            Self { reached: AtomicU8::new(Stage::Serving as u8) }
        }
    }

    /// Returns whether the program has reached this stage or a later one.
    #[inline]
    pub(super) fn has_reached(&self, stage: Stage) -> bool {
        // SeqCst: a guard writes its slot and then reads the stage; the shutdown writes the stage and then reads the
        // slots. With less, both can read the old value. On x86 and ARMv8 this costs no more than Acquire.
        self.reached.load(Ordering::SeqCst) >= stage as u8
    }

    /// Goes on to a stage, never back. Returns whether the stage changed. Takes no lock and runs no user code.
    pub(super) fn enter(&self, stage: Stage) -> bool {
        // SeqCst: see `has_reached`.
        self.reached.fetch_max(stage as u8, Ordering::SeqCst) < stage as u8
    }
}
