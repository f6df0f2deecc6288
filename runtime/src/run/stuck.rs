//! Finds out what a hook that takes too long is doing, and which connections are open if work in flight does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::hook_future::CancelHandle;
use super::shared::{Run, Shared};
use crate::duration_text::HumanDuration;
use crate::inspect::{self, ThreadId};
use crate::plan::Id;

/// Maximum number of hooks that one look inspects, and maximum time for them. The other hooks wait for the look.
const MAX_INSPECTED: usize = 8;
const MAX_INSPECTION: Duration = Duration::from_millis(20);

/// Maximum number of connections in a report. A longer list is not read.
const MAX_CONNECTIONS: usize = 8;
/// Maximum time to find them. It delays the hooks after the drain phase, and reads 20,000 sockets even on a busy machine.
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

    fn describe(&self, now: Duration) -> Option<String> {
        let activity = || self.thread.and_then(inspect::thread_activity);
        let Some(cancel) = self.cancel.as_ref().filter(|cancel| !cancel.in_poll()) else { return activity() };
        let ago = HumanDuration(now.saturating_sub(cancel.polled()));
        // The thread waits for everything that its runtime waits for. That is useful only if what it watches has a
        // name.
        let watched = activity().filter(|activity| activity.contains("which watches"));
        Some(match watched {
            Some(watched) => format!("awaiting, last polled {ago} ago, {watched}"),
            None => format!("awaiting, last polled {ago} ago"),
        })
    }
}

impl Run {
    /// Returns what these hooks are doing, as far as the system shows it. Reads files: must not be called under the
    /// lock.
    pub(super) fn inspect(&self, ids: impl IntoIterator<Item = Id>) -> Vec<(Id, String)> {
        let shared = self.lock();
        let hooks: Vec<_> = ids.into_iter().take(MAX_INSPECTED).map(|id| Inspection::new(&shared, id)).collect();
        drop(shared);
        let until = Instant::now() + MAX_INSPECTION;
        let inspected = hooks.iter().take_while(|_| Instant::now() < until);
        inspected.filter_map(|hook| Some((hook.id, hook.describe(self.now())?))).collect()
    }

    /// Records the open connections, if work in flight is about to be cut off or was cut off. Reads files: must not be
    /// called under the lock.
    pub(super) fn inspect_cut_off(&self, due: Duration) {
        let shared = self.lock();
        let is_wanted = shared.connections.is_none() && shared.driver.state().is_cut_off(due);
        drop(shared);
        if is_wanted {
            // A quarter: the rest is for the report itself, if nothing runs after the drain phase.
            let time = MAX_SEARCH.min(self.observer.finalize_time(self.now()) / 4);
            let connections = inspect::open_connections(MAX_CONNECTIONS, Instant::now() + time);
            self.lock().connections = Some(connections);
        }
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
