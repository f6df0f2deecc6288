//! Tells which thread runs which hook.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::inspect::ThreadId;
use crate::plan::Id;

/// A worker's thread, and what it runs.
pub(super) struct WorkerSlot {
    thread: ThreadId,
    /// A hook's id, or one of the values below.
    runs: AtomicUsize,
}

const NOTHING: usize = usize::MAX;
const WAKERS: usize = usize::MAX - 1;

impl WorkerSlot {
    /// Makes a slot for the calling thread.
    pub(super) fn take() -> Arc<Self> {
        Arc::new(Self { thread: ThreadId::current(), runs: AtomicUsize::new(NOTHING) })
    }

    pub(super) fn thread(&self) -> ThreadId {
        self.thread
    }

    /// The hook that the thread runs or ran last; before the first, no hook's id.
    pub(super) fn hook(&self) -> Id {
        // Relaxed here and below: the value stands for itself, and one that is read late only misnames a diagnosis.
        self.runs.load(Ordering::Relaxed)
    }

    pub(super) fn set_hook(&self, id: Id) {
        self.runs.store(id, Ordering::Relaxed);
    }

    /// The thread is free again.
    pub(super) fn clear(&self) {
        self.runs.store(NOTHING, Ordering::Relaxed);
    }

    /// Whether the thread calls wakers of the user's.
    pub(super) fn is_waking(&self) -> bool {
        self.runs.load(Ordering::Relaxed) == WAKERS
    }

    /// Runs `work`, which calls wakers of the user's.
    pub(super) fn while_waking(&self, work: impl FnOnce()) {
        self.runs.store(WAKERS, Ordering::Relaxed);
        work();
        self.runs.store(NOTHING, Ordering::Relaxed);
    }
}
