//! Counts the work in flight, and wakes the shutdown when work ends while draining.
//!
//! Two promises, each with a loom model:
//! - No wake-up is lost: when a count has seen work that then ends, the wake callback is called after that count began.
//! - Work that is handed over while a count is under way (a new piece begins, then the old one ends) is never counted
//!   as nothing.

use std::sync::{Arc, PoisonError};

use super::slots::{Hint, Place, SlotHandle, Slots, Taken};
use super::stage::{Stage, StageFlag};
use super::sync::{AtomicBool, AtomicU64, Mutex, Ordering, const_fn};

/// Wakes the shutdown, so that it counts again.
pub(crate) type WakeFn = Arc<dyn Fn() + Send + Sync>;

/// How often one call counts again while work is handed over. Three: a hand-over during each of three scans of a few
/// microseconds means that work is plentiful, and a further scan would see the same.
const SCANS: usize = 3;

pub(super) struct InFlightCount {
    slots: Slots,
    /// Number of pieces of work that began while draining. A count that finds nothing looks here whether work was handed
    /// over from a slot that it had not scanned to a slot that it had.
    started_while_draining: AtomicU64,
    /// The mark of the last piece of work that began after the trigger, or 0.
    last_new: AtomicU64,
    /// Whether the shutdown was woken since the last count began. One wake-up serves all work that ends until then.
    wake_pending: AtomicBool,
    wake: Mutex<Option<WakeFn>>,
}

impl InFlightCount {
    const_fn! {
        pub(super) fn new() -> Self {
            Self {
                slots: Slots::new(),
                started_while_draining: AtomicU64::new(0),
                last_new: AtomicU64::new(0),
                wake_pending: AtomicBool::new(false),
                wake: Mutex::new(None),
            }
        }
    }

    /// Sets the function that is called when work ends while draining. Default: none.
    pub(super) fn set_wake(&self, wake: WakeFn) {
        let earlier = self.wake.lock().unwrap_or_else(PoisonError::into_inner).replace(wake);
        // After the lock.
        drop(earlier);
    }

    #[cfg(test)]
    pub(super) fn has_wake(&self) -> bool {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Removes the wake callback, and what it owns.
    pub(super) fn clear_wake(&self) {
        let earlier = self.wake.lock().unwrap_or_else(PoisonError::into_inner).take();
        // After the lock.
        drop(earlier);
    }

    /// Marks that a piece of work has begun.
    // See `Slots::set`.
    #[inline(always)]
    pub(super) fn begin(&self, flag: &StageFlag, mark: u64, hint: Hint) -> Taken<'_> {
        let taken = self.slots.set(mark, hint);
        // The slot's write and this read are SeqCst, as are the shutdown's write of the stage and its reads of the slots.
        // So a count that is made while draining sees the mark, or this sees that the program is draining. One look for
        // both stages: almost all work begins before the trigger.
        if flag.has_reached(Stage::Leaving) {
            self.begin_late(flag, mark);
        }
        taken
    }

    #[cold]
    fn begin_late(&self, flag: &StageFlag, mark: u64) {
        // Relaxed: the report may miss a piece of work that begins at this moment. The time is in the high bits.
        self.last_new.fetch_max(mark, Ordering::Relaxed);
        // The look of `begin` again, now for the later stage, and after the slot's write as well.
        if flag.has_reached(Stage::Draining) {
            // Release: a count that reads this number also sees the mark.
            self.started_while_draining.fetch_add(1, Ordering::Release);
        }
    }

    /// Returns the mark of the last piece of work that began after the trigger.
    pub(super) fn last_new(&self) -> Option<u64> {
        // Relaxed: see `begin_late`.
        Some(self.last_new.load(Ordering::Relaxed)).filter(|mark| *mark != 0)
    }

    /// Marks that a piece of work has ended.
    #[inline]
    pub(super) fn end(&self, flag: &StageFlag, slot: &SlotHandle<'_>) {
        slot.free();
        // All SeqCst, as in `begin`: the shutdown's first count sees the free slot, or this sees the new stage.
        if flag.has_reached(Stage::Draining) {
            self.wake_shutdown();
        }
    }

    /// Marks that the piece of work at this place has ended.
    pub(super) fn end_at(&self, flag: &StageFlag, place: Place) {
        match self.slots.slot_at(place) {
            Some(slot) => self.end(flag, &slot),
            None => debug_assert!(false, "a place is that of a mark"),
        }
    }

    /// Calls the wake callback, once for all work that ends until the next count begins.
    #[cold]
    fn wake_shutdown(&self) {
        // AcqRel: `count` resets the flag by a swap. If this swap comes before the reset, the count sees the free slot.
        // Otherwise this swap reads `false` and wakes, or another thread has woken after the reset.
        if !self.wake_pending.swap(true, Ordering::AcqRel) {
            // Cloned: the callback writes to a pipe, and must not do so under the lock.
            let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(wake) = wake {
                wake();
            }
        }
    }

    /// Returns how many pieces of work are in flight.
    ///
    /// The stage must have become [`Stage::Draining`] before; until then the number is an estimate. Then 0 means that at
    /// some moment of the call nothing was in flight. A number above 0 means: count again when the wake callback is
    /// called. It is called at the latest when the work that was counted has ended. While work is handed over faster than
    /// the table can be scanned, the call gives up and returns 1.
    ///
    /// Takes no lock, does not allocate, and reads each slot at most three times.
    pub(super) fn count(&self) -> usize {
        // AcqRel, and a swap, not a store: see `wake_shutdown`.
        self.wake_pending.swap(false, Ordering::AcqRel);
        for _ in 0..SCANS {
            // Acquire: the marks of the work that is in this number are seen by the scan.
            let before = self.started_while_draining.load(Ordering::Acquire);
            let (marks, more) = self.slots.marks();
            let count = marks.count() + more;
            // Relaxed: if the scan saw a slot that was freed after its work was handed over, the new work's addition
            // happens before the freeing, and so before this load.
            if count > 0 || before == self.started_while_draining.load(Ordering::Relaxed) {
                return count;
            }
        }
        // Work began during the last scan, after the reset above. Its end wakes.
        1
    }

    /// Returns the marks, and the number of further marks that have no slot.
    pub(super) fn marks(&self) -> (impl Iterator<Item = u64>, usize) {
        self.slots.marks()
    }
}
