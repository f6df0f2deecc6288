//! Finds out what a hook that takes too long is doing, and which connections are open if work in flight does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::hook_future::CancelHandle;
use super::shared::{Run, Shared};
use crate::duration_text::HumanDuration;
use crate::inspect::{self, ThreadId};
use crate::plan::Id;

/// Maximum number of hooks that one look inspects. A look with this many takes a few milliseconds, and queued hooks and
/// signals wait for it.
const MAX_INSPECTED: usize = 64;
/// Maximum time for the hooks that one look inspects after the first. The first one reads the socket tables of the
/// kernel, which may take as long again.
const MAX_INSPECTION: Duration = Duration::from_millis(20);

/// Maximum number of connections in a report. A longer list is not read.
const MAX_CONNECTIONS: usize = 8;
/// Maximum time to find them. It delays the hooks after the drain phase, and reads 20,000 sockets on a busy machine.
const MAX_SEARCH: Duration = Duration::from_millis(100);

/// What the supervisor knows of a hook under the lock.
struct Inspection {
    id: Id,
    thread: Option<ThreadId>,
    cancel: Option<Arc<CancelHandle>>,
}

impl Inspection {
    fn new(shared: &Shared, id: Id) -> Self {
        let slot = shared.slots.iter().find(|slot| slot.hook() == id);
        Self { id, thread: slot.map(|slot| slot.thread()), cancel: shared.driver.cancel_handle(id).cloned() }
    }

    /// Returns what the hook is doing, if its thread is doing this.
    fn describe(&self, now: Duration, thread_activity: Option<String>) -> Option<String> {
        let Some(cancel) = self.cancel.as_ref().filter(|cancel| !cancel.in_poll()) else { return thread_activity };
        let ago = HumanDuration(now.saturating_sub(cancel.polled()));
        // The thread waits for everything that its runtime waits for. That is useful only if what it watches has a
        // name.
        let watched = thread_activity.filter(|activity| activity.contains("which watches"));
        Some(match watched {
            Some(watched) => format!("awaiting, last polled {ago} ago, {watched}"),
            None => format!("awaiting, last polled {ago} ago"),
        })
    }
}

impl Run {
    /// Returns what these hooks are doing, as far as the system shows it, from the first hook on as far as time allows.
    /// Reads files: must not be called under the lock.
    pub(super) fn inspect(&self, ids: impl IntoIterator<Item = Id>) -> Vec<(Id, Option<String>)> {
        let shared = self.lock();
        let hooks: Vec<_> = ids.into_iter().take(MAX_INSPECTED).map(|id| Inspection::new(&shared, id)).collect();
        drop(shared);
        let threads: Vec<_> = hooks.iter().map(|hook| hook.thread).collect();
        let mut inspected = Vec::with_capacity(hooks.len());
        let mut until = None;
        for (hook, activity) in hooks.iter().zip(inspect::thread_activities(threads)) {
            inspected.push((hook.id, hook.describe(self.now(), activity)));
            // After the first one, so that each look gets ahead.
            if Instant::now() >= *until.get_or_insert_with(|| Instant::now() + MAX_INSPECTION) {
                break;
            }
        }
        inspected
    }

    /// Records the open connections, if work in flight is about to be cut off or was cut off. Reads files: must not be
    /// called under the lock.
    pub(super) fn inspect_cut_off(&self, due: Duration) {
        let shared = self.lock();
        let is_wanted = shared.driver.state().wants_connections(due);
        drop(shared);
        if is_wanted {
            // A quarter: the rest is for the report itself, if nothing runs after the drain phase.
            let time = MAX_SEARCH.min(self.finalizer.finalize_time(self.now()) / 4);
            let connections = inspect::open_connections(MAX_CONNECTIONS, Instant::now() + time);
            self.lock().driver.record_connections(connections);
        }
    }

    /// Records what the hooks that are due at `due` are doing, before they are cancelled or abandoned. Returns the time up
    /// to which hooks expire now; see [`ShutdownState::expires_up_to`](super::state::ShutdownState::expires_up_to).
    pub(super) fn inspect_overdue(&self, due: Duration) -> Duration {
        let overdue: Vec<Id> = self.lock().driver.state().uninspected(due).collect();
        if overdue.is_empty() {
            return due;
        }
        let inspected = self.inspect(overdue);
        let mut shared = self.lock();
        inspected.into_iter().for_each(|(id, activity)| shared.driver.record_activity(id, activity));
        shared.driver.expires_up_to(due)
    }
}
