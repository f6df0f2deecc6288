//! Keeps the wakers of the tasks that wait for a stage, and wakes them.
//!
//! A waker is user code: its `clone`, `wake` and `drop` may panic, block, or come back to this list. All three run
//! outside the locks of this file. tokio's `Notify` is not enough here: a waker that panics inside `notify_waiters`
//! leaves the waiters behind it asleep.
//!
//! No wake-up is lost. A poll looks at the stage and stores its waker in one critical section. The shutdown changes the
//! stage before it enters the same critical section to take the waker. If the poll comes first, the shutdown finds the
//! waker. If the shutdown comes first, its stage happens before the poll's look at it, through the mutex.
//!
//! There are two locks: the list's lock, for joining, leaving and the shutdown; and the waiter's own lock, for a poll
//! that changes the waker. So tasks that poll often do not contend with each other. No code holds both.

use std::sync::{Arc, PoisonError};
use std::task::{Poll, Waker};

use super::stage::{Stage, StageFlag};
use super::sync::{Mutex, MutexGuard, const_fn};
use crate::user_code::{catch_panic, discard};

/// The tasks that wait for a stage.
pub(super) struct WaiterList {
    entries: Mutex<EntriesByStage>,
}

struct EntriesByStage {
    leaving: Entries,
    draining: Entries,
}

/// Waiters with numbered places. A place whose waiter has left is used again.
struct Entries {
    waiters: Vec<Option<Arc<Waiter>>>,
    free: Vec<usize>,
    /// Number of places that hold a waiter.
    present: usize,
}

/// One waiting future. The list and the future share it.
struct Waiter {
    /// Present from the first poll until the shutdown takes it.
    waker: Mutex<Option<Waker>>,
}

/// The place of a future in the list.
pub(crate) struct WaiterEntry {
    index: usize,
    waiter: Arc<Waiter>,
}

impl WaiterList {
    const_fn! {
        pub(super) fn new() -> Self {
            let leaving = Entries { waiters: Vec::new(), free: Vec::new(), present: 0 };
            let draining = Entries { waiters: Vec::new(), free: Vec::new(), present: 0 };
            Self { entries: Mutex::new(EntriesByStage { leaving, draining }) }
        }
    }

    fn lock(&self) -> MutexGuard<'_, EntriesByStage> {
        // No user code runs under this lock, so the state is consistent even after a panic elsewhere.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls for a stage. `entry` is the future's place in the list, `None` before its first poll.
    ///
    /// `Pending` means: the waker will be woken by the [`wake`](Self::wake) that follows the change of the stage.
    pub(super) fn poll(
        &self,
        flag: &StageFlag,
        stage: Stage,
        entry: &mut Option<WaiterEntry>,
        waker: &Waker,
    ) -> Poll<()> {
        if flag.has_reached(stage) {
            return Poll::Ready(());
        }
        if let Some(entry) = entry {
            return entry.waiter.set_waker(flag, stage, waker);
        }
        // Cloned before the lock: `clone` is user code.
        let waiter = Arc::new(Waiter { waker: Mutex::new(Some(waker.clone())) });
        let mut entries = self.lock();
        // Looked at again, under the lock: see the head of this file. It also keeps a list empty once it is woken.
        if flag.has_reached(stage) {
            drop(entries);
            // `waiter` is dropped after the lock: the `drop` of its waker is user code.
            return Poll::Ready(());
        }
        let index = entries.of(stage).map(|entries| entries.insert(Arc::clone(&waiter)));
        drop(entries);
        *entry = index.map(|index| WaiterEntry { index, waiter });
        Poll::Pending
    }

    /// Removes a future from the list.
    pub(super) fn remove(&self, stage: Stage, entry: WaiterEntry) {
        let removed = self.lock().of(stage).and_then(|entries| entries.remove(entry.index));
        // Both owners are dropped after the lock: the `drop` of the waker is user code.
        drop((removed, entry));
    }

    /// Wakes every future that waits for this stage or an earlier one. Call it after [`StageFlag::enter`].
    ///
    /// Each waker is called on its own, so a panic of one does not affect the others. A waker that blocks holds up this
    /// call alone: another call, from another thread, wakes the futures that are left.
    pub(super) fn wake(&self, flag: &StageFlag, stage: Stage) {
        // A waiter that is taken too early would poll again, and no later call would find its waker.
        if !flag.has_reached(stage) {
            return;
        }
        // Ends: no future joins a list whose stage was reached.
        while let Some(waiter) = self.take_next(stage) {
            if let Some(waker) = waiter.take_waker() {
                // By reference: after a panic inside `wake(self)`, unwinding would run the waker's `drop` unguarded.
                let _ = catch_panic(|| waker.wake_by_ref());
                discard(waker);
            }
        }
    }

    /// Returns whether a future waits for this stage or an earlier one and was not taken by [`wake`](Self::wake).
    pub(super) fn has_waiters(&self, stage: Stage) -> bool {
        let entries = self.lock();
        (stage >= Stage::Leaving && entries.leaving.present > 0)
            || (stage >= Stage::Draining && entries.draining.present > 0)
    }

    /// Takes one waiter of this stage or an earlier one. One at a time: what a blocked thread holds, no other can wake.
    fn take_next(&self, stage: Stage) -> Option<Arc<Waiter>> {
        let mut entries = self.lock();
        let leaving = if stage >= Stage::Leaving { entries.leaving.pop() } else { None };
        leaving.or_else(|| if stage >= Stage::Draining { entries.draining.pop() } else { None })
    }
}

impl EntriesByStage {
    fn of(&mut self, stage: Stage) -> Option<&mut Entries> {
        match stage {
            // Reached from the start: nothing waits for it.
            Stage::Serving => None,
            Stage::Leaving => Some(&mut self.leaving),
            Stage::Draining => Some(&mut self.draining),
        }
    }
}

impl Entries {
    fn insert(&mut self, waiter: Arc<Waiter>) -> usize {
        self.present += 1;
        let index = self.free.pop().unwrap_or(self.waiters.len());
        match self.waiters.get_mut(index) {
            Some(place) => *place = Some(waiter),
            None => self.waiters.push(Some(waiter)),
        }
        index
    }

    fn remove(&mut self, index: usize) -> Option<Arc<Waiter>> {
        let waiter = self.waiters.get_mut(index)?.take()?;
        self.present -= 1;
        self.free.push(index);
        Some(waiter)
    }

    /// Takes the last waiter. Called once the stage is reached, when no place is used again.
    fn pop(&mut self) -> Option<Arc<Waiter>> {
        let waiter = std::iter::from_fn(|| self.waiters.pop()).flatten().next();
        self.present -= usize::from(waiter.is_some());
        waiter
    }
}

impl Waiter {
    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_waker(&self, flag: &StageFlag, stage: Stage, waker: &Waker) -> Poll<()> {
        // Only compares two pointers: most polls of a loop end here, without a `clone`.
        if self.lock().as_ref().is_some_and(|current| current.will_wake(waker)) {
            return Poll::Pending;
        }
        // Outside the lock: `clone` is user code.
        let waker = waker.clone();
        let mut current = self.lock();
        // Looked at under the lock: see the head of this file.
        let (unused, poll) = if flag.has_reached(stage) {
            (Some(waker), Poll::Ready(()))
        } else {
            (current.replace(waker), Poll::Pending)
        };
        drop(current);
        // After the lock: `drop` is user code.
        drop(unused);
        poll
    }

    fn take_waker(&self) -> Option<Waker> {
        self.lock().take()
    }
}
