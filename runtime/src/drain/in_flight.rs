//! Offers guards that mark work in flight, and lists the work by name and location.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::STAGE;
use super::in_flight_count::{InFlightCount, WakeFn};
use super::sites::{self, Site};
use super::slots::{Hint, SlotHandle};
use crate::duration_text::HumanDuration;

static IN_FLIGHT: InFlightCount = InFlightCount::new();

/// A piece of work that has begun. The work is in flight until this guard is dropped. The drain phase waits for it.
///
/// A guard costs a few nanoseconds, on any number of threads. A guard that is leaked (`mem::forget`) stays in flight:
/// the drain phase then takes all its time, and the report names the location.
#[derive(Debug)]
#[must_use = "the work is in flight only until this guard is dropped: write `let _in_flight = in_flight(..)`, not `let _ =`"]
pub struct InFlight {
    slot: SlotHandle<'static>,
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
    in_flight_at(Site { name, location: Location::caller() })
}

/// Marks that a piece of work has begun at a site that the caller remembers. For layers, whose own location says
/// nothing.
pub(crate) fn in_flight_at(site: Site) -> InFlight {
    let hint = hint();
    let (slot, next) = IN_FLIGHT.begin(&STAGE, mark(now(), sites::id(site)), hint);
    if next != hint {
        // Fails only while the thread's local values are destroyed; the next search then starts at the same slot.
        let _ = HINT.try_with(|hint| hint.set(Some(next)));
    }
    InFlight { slot }
}

impl Drop for InFlight {
    #[inline]
    fn drop(&mut self) {
        IN_FLIGHT.end(&STAGE, &self.slot);
    }
}

thread_local! {
    /// This thread's shard, and the slot that it tries first. `None` before its first use. A constant without `Drop`, so
    /// that an access is a plain load.
    static HINT: Cell<Option<Hint>> = const { Cell::new(None) };
}

/// Returns where this thread looks for a free slot first.
#[inline]
fn hint() -> Hint {
    HINT.try_with(Cell::get).ok().flatten().unwrap_or_else(|| {
        static NEXT_SHARD: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: only distributes the threads.
        let hint = Hint { shard: NEXT_SHARD.fetch_add(1, Ordering::Relaxed), slot: 0 };
        let _ = HINT.try_with(|known| known.set(Some(hint)));
        hint
    })
}

/// The work in flight of one name and one location in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkInFlight {
    /// The name that the program gave the work.
    pub name: String,
    /// Number of pieces of work.
    pub count: usize,
    /// Time since the oldest piece began, to about 10 ms.
    pub oldest: Duration,
    /// Source file where the work began. Empty for work that found no free slot in the table.
    pub file: String,
    /// Line in the source file.
    pub line: u32,
}

impl fmt::Display for WorkInFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, count, oldest, file, line } = self;
        write!(f, "{name}: {count} in flight, oldest {}, {file}:{line}", HumanDuration(*oldest))
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
    let (began, _) = read(IN_FLIGHT.last_new()?);
    Some(Duration::from_millis(now().saturating_sub(began)))
}

/// Returns the work in flight by name and location. Allocates, and takes the lock of the sites.
pub(crate) fn list_in_flight() -> Vec<WorkInFlight> {
    let (marks, more) = IN_FLIGHT.marks();
    let mut found: BTreeMap<sites::SiteId, (usize, u64)> = BTreeMap::new();
    for mark in marks {
        let (began, id) = read(mark);
        let (count, oldest) = found.entry(id).or_insert((0, began));
        (*count, *oldest) = (*count + 1, began.min(*oldest));
    }
    let since = |began| Duration::from_millis(now().saturating_sub(began));
    let known = found.into_iter().filter_map(|(id, (count, oldest))| {
        let Site { name, location } = sites::site(id)?;
        let (name, file) = (name.to_owned(), location.file().to_owned());
        Some(WorkInFlight { name, count, oldest: since(oldest), file, line: location.line() })
    });
    let rest = (more > 0).then(|| WorkInFlight {
        name: "(more)".to_owned(),
        count: more,
        oldest: Duration::ZERO,
        file: String::new(),
        line: 0,
    });
    known.chain(rest).collect()
}

/// Packs the start in milliseconds, above the 20 bits of the site. Never zero, which is the value of a free slot.
fn mark(began: u64, id: sites::SiteId) -> u64 {
    ((began + 1) << 20) | u64::from(id & (sites::MOST - 1))
}

/// Unpacks a mark.
fn read(mark: u64) -> (u64, sites::SiteId) {
    let id = u32::try_from(mark & u64::from(sites::MOST - 1)).unwrap_or_default();
    ((mark >> 20) - 1, id)
}

/// Returns milliseconds on a monotonic clock: on Linux the coarse one, which costs a third of the precise one.
fn now() -> u64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC_COARSE) {
        let (seconds, nanos) = (time.tv_sec().unsigned_abs(), time.tv_nsec().unsigned_abs());
        return seconds * 1000 + nanos / 1_000_000;
    }
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(FIRST.elapsed().as_millis()).unwrap_or_default()
}
