//! Offers guards that mark work in flight, of the program or of a scope.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::in_flight_count::{InFlightCount, WakeFn};
use super::scope::{Inside, ScopeDrain, ScopeWork};
use super::sites::{self, Site, SiteId};
use super::slots::SlotHandle;
use super::work_in_flight::WorkInFlight;
use super::{STAGE, marks};

static IN_FLIGHT: InFlightCount = InFlightCount::new();

/// A piece of work that has begun. The work is in flight until this guard is dropped. The drain phase waits for it.
///
/// A guard costs a few nanoseconds, on any number of threads. A guard that is leaked (`mem::forget`) stays in flight:
/// the drain phase then takes all its time, and the report names the location.
#[derive(Debug)]
#[must_use = "the work is in flight only until this guard is dropped: write `let _in_flight = in_flight(..)`, not `let _ =`"]
pub struct InFlight {
    slot: SlotHandle<'static>,
    /// The same work in the scope that it belongs to. Boxed, so that a guard without a scope stays small.
    scope: Option<Box<ScopeWork>>,
}

/// Marks that a piece of work has begun: a request, a job, a message.
///
/// `name` groups the work with other work of its kind in the report. The report also names the caller's location in the
/// source. May be called before install and in libraries. The drain phase does not wait for work that begins after its
/// end.
///
/// ```
/// fn handle(order: &str) {
///     let _in_flight = on_shutdown::in_flight("orders");
///     println!("working on {order}");
/// }
/// # handle("1");
/// ```
#[track_caller]
pub fn in_flight(name: &'static str) -> InFlight {
    in_flight_at(sites::id(Site { name, location: Location::caller() }))
}

/// Marks that a piece of work has begun at the site of this number. For callers whose own location says nothing.
#[inline]
pub(crate) fn in_flight_at(site: SiteId) -> InFlight {
    InFlight { slot: begin(site), scope: None }
}

/// Marks that a piece of work of a scope has begun. It is in flight in the scopes around it and in the program, too.
///
/// The number is that of [`ScopeDrain::site_id`].
pub(crate) fn in_flight_in(scope: &Arc<ScopeDrain>, site: SiteId) -> InFlight {
    // First the program: its shutdown must not miss the work while a scope counts it.
    InFlight { slot: begin(site), scope: Some(Box::new(ScopeWork::begin(scope, site))) }
}

/// Marks that a shutdown of this scope has begun. It is in flight in the scopes around it and in the program.
pub(crate) fn in_flight_shutdown(scope: &ScopeDrain, location: &'static Location<'static>) -> InFlight {
    let site = scope.site_id("shutdown", location);
    let around = scope.around().map(|around| Box::new(ScopeWork::begin(around, site)));
    InFlight { slot: begin(site), scope: around }
}

#[inline]
fn begin(site: SiteId) -> SlotHandle<'static> {
    let hint = marks::hint();
    let taken = IN_FLIGHT.begin(&STAGE, marks::mark_now(site), hint);
    if taken.hint != hint {
        marks::set_hint(taken.hint);
    }
    taken.slot
}

impl InFlight {
    /// Marks that the calling thread runs this work, if the work belongs to a scope.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Inside> {
        self.scope.as_ref().map(|work| work.enter())
    }
}

impl Drop for InFlight {
    #[inline]
    fn drop(&mut self) {
        IN_FLIGHT.end(&STAGE, &self.slot);
    }
}

/// Sets the function that is called when work ends while draining. It runs on the user's threads, under no lock.
pub(crate) fn set_in_flight_wake(wake: WakeFn) {
    IN_FLIGHT.set_wake(wake);
}

/// Returns how many pieces of work are in flight; see [`InFlightCount::count`].
///
/// Takes no lock, does not allocate, runs no user code, and ends after at most three scans of the table. Exact once
/// [`enter_stage`](super::enter_stage) has entered [`Stage::Draining`](super::Stage::Draining); before, an estimate.
pub(crate) fn count_in_flight() -> usize {
    IN_FLIGHT.count()
}

/// Returns the time since the last piece of work began after the trigger, to about 10 ms. `None` if none has begun.
pub(crate) fn since_last_new_work() -> Option<Duration> {
    marks::since_last_new(&IN_FLIGHT)
}

/// Returns the work in flight by name and location. Allocates, and takes the lock of the sites.
pub(crate) fn list_in_flight() -> Vec<WorkInFlight> {
    marks::list(&IN_FLIGHT)
}
