//! Decides which thread writes the report and ends the shutdown: the first one that begins, and no other.

use std::sync::atomic::{AtomicU8, Ordering};

/// How far the finalization is: not begun, begun by one thread, or over.
#[derive(Default)]
pub(super) struct Finalization(AtomicU8);

// In this order: `begin` takes the maximum, so it never takes a later value back.
const FINALIZING: u8 = 1;
const FINALIZED: u8 = 2;

impl Finalization {
    pub(super) fn has_begun(&self) -> bool {
        // Relaxed: no other data depends on this value.
        self.0.load(Ordering::Relaxed) > 0
    }

    /// Returns whether this call is the first.
    pub(super) fn begin(&self) -> bool {
        // Relaxed: the modification order of this one variable decides which call is the first.
        self.0.fetch_max(FINALIZING, Ordering::Relaxed) == 0
    }

    pub(super) fn end(&self) {
        // Release, and acquire below: a supervisor that sees this value sees what the worker has written.
        self.0.store(FINALIZED, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire) == FINALIZED
    }
}
