//! Gives a scope its own stage, waiting tasks and work in flight.
//!
//! A scope is a part of the program. It drains when it is stopped alone, when a scope around it is, or when the program
//! is. Nothing passes from one to the other: a question asks all of them, a future waits for all of them, and work is in
//! flight in all of them. So a program without scopes does nothing for them.

use std::cell::RefCell;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::in_flight_count::{InFlightCount, WakeFn};
use super::sites::{self, Site, SiteId};
use super::slots::{Hint, Place};
use super::stage::{Stage, StageFlag};
use super::waiters::{WaiterEntry, WaiterList};
use super::work_in_flight::WorkInFlight;
use super::{STAGE, marks, names};

/// The stage of a scope, the tasks that wait for it, and its work in flight. The counterpart of the statics of the
/// program.
pub(crate) struct ScopeDrain {
    /// With the names of the scopes around it: `tenants/acme`.
    path: &'static str,
    around: Option<Arc<ScopeDrain>>,
    flag: StageFlag,
    waiters: WaiterList,
    in_flight: InFlightCount,
}

impl fmt::Debug for ScopeDrain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScopeDrain").field(&self.path).finish()
    }
}

impl ScopeDrain {
    pub(crate) fn new(name: &str, around: Option<Arc<Self>>) -> Arc<Self> {
        let path = match &around {
            Some(around) => names::keep(&format!("{}/{name}", around.path)),
            None => names::keep(name),
        };
        Arc::new(Self {
            path,
            around,
            flag: StageFlag::new(),
            waiters: WaiterList::new(),
            in_flight: InFlightCount::new(),
        })
    }

    pub(crate) fn path(&self) -> &'static str {
        self.path
    }

    pub(super) fn around(&self) -> Option<&Arc<Self>> {
        self.around.as_ref()
    }

    /// Returns the number of the site of work in this scope. In reports, the path of the scope precedes its name.
    pub(crate) fn site_id(&self, name: &str, location: &'static Location<'static>) -> SiteId {
        sites::id(Site { name: names::keep(&format!("{}/{name}", self.path)), location })
    }

    /// Returns whether the scope, a scope around it, or the program has reached this stage.
    pub(crate) fn has_reached(&self, stage: Stage) -> bool {
        STAGE.has_reached(stage) || self.levels().any(|scope| scope.flag.has_reached(stage))
    }

    /// Returns this scope and the scopes around it.
    fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |scope| scope.around.as_deref())
    }

    /// Enters a stage of this scope alone; see [`enter_stage`](super::enter_stage).
    pub(crate) fn enter_stage(&self, stage: Stage) {
        self.flag.enter(stage);
    }

    /// Wakes the futures that wait for this stage of the scope; see [`wake_waiters`](super::wake_waiters).
    pub(crate) fn wake_waiters(&self, stage: Stage) {
        self.waiters.wake(&self.flag, stage);
    }

    /// Returns whether a future still waits; see [`has_waiters`](super::has_waiters).
    pub(crate) fn has_waiters(&self, stage: Stage) -> bool {
        self.waiters.has_waiters(stage)
    }

    /// Sets the function that is called when work of the scope ends while the scope drains.
    pub(crate) fn set_wake(&self, wake: WakeFn) {
        self.in_flight.set_wake(wake);
    }

    /// Removes the function, so that what it owns can be freed.
    pub(crate) fn clear_wake(&self) {
        self.in_flight.clear_wake();
    }

    /// Returns whether the end of work in flight wakes a shutdown of the scope.
    #[cfg(test)]
    pub(crate) fn has_wake(&self) -> bool {
        self.in_flight.has_wake()
    }

    /// Returns how much work of the scope is in flight; see [`count_in_flight`](super::count_in_flight).
    pub(crate) fn count_in_flight(&self) -> usize {
        self.in_flight.count()
    }

    /// Returns the work of the scope, by name and location.
    pub(crate) fn list_in_flight(&self) -> Vec<WorkInFlight> {
        marks::list(&self.in_flight)
    }

    /// Returns the time since the last piece of work of the scope began after its trigger.
    pub(crate) fn since_last_new_work(&self) -> Option<Duration> {
        marks::since_last_new(&self.in_flight)
    }
}

/// A piece of work of a scope, in the tables of the scope and of the scopes around it.
#[derive(Debug)]
pub(super) struct ScopeWork {
    scope: Arc<ScopeDrain>,
    place: Place,
    #[expect(dead_code, reason = "its drop counts")]
    around: Option<Box<ScopeWork>>,
}

impl ScopeWork {
    pub(super) fn begin(scope: &Arc<ScopeDrain>, site: SiteId) -> Self {
        // The outer one first: its shutdown must not miss the work while the inner one counts it.
        let around = scope.around.as_ref().map(|around| Box::new(Self::begin(around, site)));
        // The shard of this thread; the slot is free in all likelihood, because few threads work in one scope.
        let hint = Hint { slot: 0, ..marks::hint() };
        let place = scope.in_flight.begin(&scope.flag, marks::mark_now(site), hint).place;
        Self { scope: Arc::clone(scope), place, around }
    }

    pub(super) fn enter(&self) -> Inside {
        Inside::enter(&self.scope)
    }
}

impl Drop for ScopeWork {
    fn drop(&mut self) {
        self.scope.in_flight.end_at(&self.scope.flag, self.place);
    }
}

thread_local! {
    /// The scopes whose work, tasks or hooks this thread runs at the moment, the innermost last.
    static INSIDE: RefCell<Vec<Arc<ScopeDrain>>> = const { RefCell::new(Vec::new()) };
}

/// Marks that the calling thread runs something of a scope, until it is dropped.
#[derive(Debug)]
pub(crate) struct Inside {
    /// Dropped on the thread that made it.
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Inside {
    pub(crate) fn enter(scope: &Arc<ScopeDrain>) -> Self {
        // Fails only while the thread's local values are destroyed, when nothing can wait any more.
        let _ = INSIDE.try_with(|inside| inside.try_borrow_mut().map(|mut inside| inside.push(Arc::clone(scope))));
        Self { _not_send: std::marker::PhantomData }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ = INSIDE.try_with(|inside| inside.try_borrow_mut().map(|mut inside| inside.pop()));
    }
}

/// Returns whether the calling thread runs something of this scope or of a scope inside it.
pub(crate) fn is_inside(scope: &ScopeDrain) -> bool {
    let is_it = |inside: &Arc<ScopeDrain>| inside.levels().any(|level| std::ptr::eq(level, scope));
    INSIDE.try_with(|inside| inside.try_borrow().is_ok_and(|inside| inside.iter().any(is_it))).unwrap_or(false)
}

/// Waits for a stage of a scope and of the scopes around it.
pub(super) struct ScopeWait {
    scope: Arc<ScopeDrain>,
    /// The places in the lists of the levels, from the first poll on.
    entries: Vec<Option<WaiterEntry>>,
}

impl ScopeWait {
    pub(super) fn new(scope: &Arc<ScopeDrain>) -> Self {
        Self { scope: Arc::clone(scope), entries: Vec::new() }
    }

    pub(super) fn poll(&mut self, stage: Stage, waker: &Waker) -> Poll<()> {
        let Self { scope, entries } = self;
        for (number, level) in scope.levels().enumerate() {
            if entries.len() == number {
                entries.push(None);
            }
            let Some(entry) = entries.get_mut(number) else { continue };
            if level.waiters.poll(&level.flag, stage, entry, waker).is_ready() {
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }

    /// Removes the future from the lists.
    pub(super) fn remove(&mut self, stage: Stage) {
        for (level, entry) in self.scope.levels().zip(self.entries.drain(..)) {
            entry.into_iter().for_each(|entry| level.waiters.remove(stage, entry));
        }
    }
}
