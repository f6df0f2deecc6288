//! Finds out what a hook that takes too long is doing.

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

    /// Records what the overdue hooks are doing, before they are cancelled or abandoned.
    pub(super) fn inspect_overdue(&self, due: Duration) {
        let overdue: Vec<Id> = self.lock().driver.state().overdue(due).collect();
        if !overdue.is_empty() {
            let activities = self.inspect(overdue);
            let mut shared = self.lock();
            activities.into_iter().for_each(|(id, activity)| shared.driver.record_activity(id, activity));
        }
    }
}
