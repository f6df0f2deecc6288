//! A hook that takes too long in, what it is doing out, in words for the person on call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::cancel::Cancel;
use super::engine::{Engine, Shared};
use crate::inspect::{self, ThreadId};
use crate::length::Length;
use crate::plan::Id;

/// No more hooks than this are looked at in one go, nor for longer than that: the others would wait for it.
const MOST: usize = 8;
const LONGEST: Duration = Duration::from_millis(20);

/// A runner's thread, and the hook that it runs.
pub(super) struct Seat {
    thread: ThreadId,
    hook: AtomicUsize,
}

const EMPTY: usize = usize::MAX;

impl Seat {
    /// For the calling thread.
    pub(super) fn take(engine: &Engine) -> Arc<Self> {
        let seat = Arc::new(Self { thread: ThreadId::current(), hook: AtomicUsize::new(EMPTY) });
        engine.lock().seats.push(Arc::clone(&seat));
        seat
    }

    /// The hook that it runs or ran last; before the first, no hook's.
    pub(super) fn hook(&self) -> Id {
        self.hook.load(Ordering::Relaxed)
    }

    pub(super) fn runs(&self, id: Id) {
        self.hook.store(id, Ordering::Relaxed);
    }
}

/// What can be known of a hook under the lock.
struct Suspect {
    id: Id,
    thread: Option<ThreadId>,
    cancel: Option<Arc<Cancel>>,
}

impl Suspect {
    fn new(shared: &Shared, id: Id) -> Self {
        let seat = shared.seats.iter().find(|seat| seat.hook() == id);
        Self { id, thread: seat.map(|seat| seat.thread), cancel: shared.cancels.get(&id).cloned() }
    }

    fn does(&self, now: Duration) -> Option<String> {
        let activity = || self.thread.and_then(inspect::what_it_does);
        let Some(cancel) = self.cancel.as_ref().filter(|cancel| !cancel.in_poll()) else { return activity() };
        let ago = Length(now.saturating_sub(cancel.polled()));
        // Its thread waits for all that its runtime waits for: worth telling where that has a name.
        let watched = activity().filter(|activity| activity.contains("which watches"));
        Some(match watched {
            Some(watched) => format!("awaiting, last polled {ago} ago, {watched}"),
            None => format!("awaiting, last polled {ago} ago"),
        })
    }
}

impl Engine {
    /// What these hooks are doing, as far as the system tells. Not under the lock: it reads files.
    pub(super) fn look_at(&self, ids: impl IntoIterator<Item = Id>) -> Vec<(Id, String)> {
        let shared = self.lock();
        let suspects: Vec<Suspect> = ids.into_iter().take(MOST).map(|id| Suspect::new(&shared, id)).collect();
        drop(shared);
        let until = Instant::now() + LONGEST;
        let looks = suspects.iter().take_while(|_| Instant::now() < until);
        looks.filter_map(|suspect| Some((suspect.id, suspect.does(self.now())?))).collect()
    }

    /// Remembers what the overdue hooks are doing, before they are cancelled or given up.
    pub(super) fn look_at_overdue(&self, now: Duration) {
        let overdue: Vec<Id> = self.lock().machine.overdue(now).collect();
        if !overdue.is_empty() {
            let looks = self.look_at(overdue);
            self.lock().doing.extend(looks);
        }
    }
}
