//! Records which thread runs which hook.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::inspect::ThreadId;
use crate::plan::Id;

/// A worker's thread, and the hook that it runs.
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

    /// Returns the hook that the thread runs or ran last. Before the first hook, the value is no hook's id.
    pub(super) fn hook(&self) -> Id {
        // Relaxed here and below: no other data depends on this value. A stale value only gives a wrong diagnosis.
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

    /// Runs `work`, which calls wakers of user code.
    pub(super) fn while_waking(&self, work: impl FnOnce()) {
        // No id: a waker belongs to no hook, but holds the thread like one.
        self.runs.store(WAKERS, Ordering::Relaxed);
        work();
        self.runs.store(NOTHING, Ordering::Relaxed);
    }
}
