//! Finds out what a hook that takes too long is doing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::hook_future::CancelHandle;
use super::shared::{Run, Shared};
use crate::duration_text::HumanDuration;
use crate::inspect::{self, ThreadId};
use crate::plan::Id;

/// Maximum number of hooks that are inspected in one look, and maximum time for them: the others wait for it.
const MAX_INSPECTED: usize = 8;
const MAX_INSPECTION: Duration = Duration::from_millis(20);

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
    pub(super) fn take(run: &Run) -> Arc<Self> {
        let slot = Arc::new(Self { thread: ThreadId::current(), runs: AtomicUsize::new(NOTHING) });
        run.lock().slots.push(Arc::clone(&slot));
        slot
    }

    /// The hook that the thread runs or ran last; before the first, no hook's id.
    pub(super) fn hook(&self) -> Id {
        // Relaxed here and below: the value stands for itself, and one that is read late only misnames a diagnosis.
        self.runs.load(Ordering::Relaxed)
    }

    pub(super) fn set_hook(&self, id: Id) {
        self.runs.store(id, Ordering::Relaxed);
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

/// What is known of a hook under the lock.
struct Inspection {
    id: Id,
    thread: Option<ThreadId>,
    cancel: Option<Arc<CancelHandle>>,
}

impl Inspection {
    fn new(shared: &Shared, id: Id) -> Self {
        let slot = shared.slots.iter().find(|slot| slot.hook() == id);
        Self { id, thread: slot.map(|slot| slot.thread), cancel: shared.driver.cancel_handle(id).cloned() }
    }

    fn describe(&self, now: Duration) -> Option<String> {
        let activity = || self.thread.and_then(inspect::thread_activity);
        let Some(cancel) = self.cancel.as_ref().filter(|cancel| !cancel.in_poll()) else { return activity() };
        let ago = HumanDuration(now.saturating_sub(cancel.polled()));
        // The thread waits for everything that its runtime waits for, which says something only if that has a name.
        let watched = activity().filter(|activity| activity.contains("which watches"));
        Some(match watched {
            Some(watched) => format!("awaiting, last polled {ago} ago, {watched}"),
            None => format!("awaiting, last polled {ago} ago"),
        })
    }
}

impl Run {
    /// Returns what these hooks are doing, as far as the system tells. Reads files: must not be called under the lock.
    pub(super) fn inspect(&self, ids: impl IntoIterator<Item = Id>) -> Vec<(Id, String)> {
        let shared = self.lock();
        let hooks: Vec<_> = ids.into_iter().take(MAX_INSPECTED).map(|id| Inspection::new(&shared, id)).collect();
        drop(shared);
        let until = Instant::now() + MAX_INSPECTION;
        let inspected = hooks.iter().take_while(|_| Instant::now() < until);
        inspected.filter_map(|hook| Some((hook.id, hook.describe(self.now())?))).collect()
    }

    /// Records what the overdue hooks are doing, before they are cancelled or abandoned.
    pub(super) fn inspect_overdue(&self, due: Duration) {
        let overdue: Vec<Id> = self.lock().driver.state().overdue(due).collect();
        if !overdue.is_empty() {
            let activities = self.inspect(overdue);
            self.lock().activities.extend(activities);
        }
    }
}
