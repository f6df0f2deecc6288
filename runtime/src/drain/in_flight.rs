//! Pieces of work in; how many are in flight, where they were made and since when out.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;

use super::sites::{self, Site};
use super::slots::{Place, Slots};
use super::{Draining, draining, is_draining};
use crate::length::Length;

static SLOTS: Slots = Slots::new();
/// Work that began after draining had; lets a count notice that work was handed over while it counted.
static LATE: AtomicU64 = AtomicU64::new(0);

/// One piece of work that has begun. It is in flight until this is dropped; the drain phase waits for it.
///
/// Costs a few nanoseconds, on any number of threads. One that is leaked (`mem::forget`) is in flight for ever: the
/// drain phase ends when its time is over, and the report names the place.
#[derive(Debug)]
#[must_use = "the work is in flight only until this is dropped"]
pub struct InFlight {
    place: Place,
}

/// Marks that a piece of work has begun: a request, a job, a message.
///
/// `name` groups it with others of its kind in the report, which also names this place in the source. Usable before
/// install and in libraries. Work that begins after the drain phase is over is not waited for.
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
    begin(Site { name, place: Location::caller() })
}

/// As [`in_flight`], with the place that the caller remembers: for layers, whose own place says nothing.
#[cfg(feature = "tower")]
pub(crate) fn in_flight_at(name: &'static str, place: &'static Location<'static>) -> InFlight {
    begin(Site { name, place })
}

fn begin(site: Site) -> InFlight {
    let place = SLOTS.set(mark(now(), sites::id(site)));
    if is_draining() {
        LATE.fetch_add(1, Ordering::SeqCst);
    }
    InFlight { place }
}

impl Drop for InFlight {
    #[inline]
    fn drop(&mut self) {
        self.place.free();
        if is_draining() {
            Ledger::changed();
        }
    }
}

pin_project! {
    /// The future of [`serve`] and of [`track`]: in flight from its making until it ends or is dropped.
    #[derive(Debug)]
    pub struct Tracked<F> {
        #[pin]
        future: F,
        in_flight: Option<InFlight>,
    }
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let output = ready!(this.future.poll(context));
        *this.in_flight = None;
        Poll::Ready(output)
    }
}

/// A future that is work in flight from now until it ends or is dropped: for what is spawned.
///
/// See [`in_flight`] for `name`.
#[track_caller]
pub fn track<F: Future>(name: &'static str, future: F) -> Tracked<F> {
    Tracked { future, in_flight: Some(in_flight(name)) }
}

/// A server or a worker loop: given the future to stop at, it is waited for until it has ended.
///
/// `draining` resolves when the server must stop accepting and finish what has begun; in a shutdown that is under
/// way it has resolved already. See [`in_flight`] for `name`.
///
/// ```
/// # async fn next_job() {}
/// # async fn run() {
/// on_shutdown::serve("jobs", |mut draining| async move {
///     loop {
///         tokio::select! {
///             () = &mut draining => break,
///             () = next_job() => {}
///         }
///     }
/// })
/// .await;
/// # }
/// ```
#[track_caller]
pub fn serve<S, F>(name: &'static str, server: S) -> Tracked<F::IntoFuture>
where
    S: FnOnce(Draining) -> F,
    F: IntoFuture,
{
    let in_flight = Some(in_flight(name));
    Tracked { future: server(draining()).into_future(), in_flight }
}

/// Work of one name and one place in the source that is in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkInFlight {
    /// The name that the work was given.
    pub name: String,
    /// How many pieces.
    pub count: usize,
    /// How long ago the oldest of them began, to about 10 ms.
    pub oldest: Duration,
    /// Source file where it was made; empty for what the table had no more place for.
    pub file: String,
    /// Line in that file.
    pub line: u32,
}

impl fmt::Display for WorkInFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, count, oldest, file, line } = self;
        write!(f, "{name}: {count} in flight, oldest {}, {file}:{line}", Length(*oldest))
    }
}

/// All work in flight of this program.
pub(crate) struct Ledger;

type Bell = Arc<dyn Fn() + Send + Sync>;
static BELL: Mutex<Option<Bell>> = Mutex::new(None);
static RUNG: AtomicBool = AtomicBool::new(false);

impl Ledger {
    /// Whom to call when work ends while draining.
    pub(crate) fn set_bell(bell: Bell) {
        *BELL.lock().unwrap_or_else(PoisonError::into_inner) = Some(bell);
    }

    /// Rings once for all that changes until the next count.
    fn changed() {
        if !RUNG.swap(true, Ordering::SeqCst) {
            let bell = BELL.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(bell) = bell {
                bell();
            }
        }
    }

    /// How much is in flight; 0 only if at some moment of the count there was nothing.
    pub(crate) fn count() -> usize {
        RUNG.store(false, Ordering::SeqCst);
        loop {
            let late = LATE.load(Ordering::SeqCst);
            let (marks, more) = SLOTS.marks();
            let count = marks.count() + more;
            if count > 0 || late == LATE.load(Ordering::SeqCst) {
                return count;
            }
        }
    }

    /// What is in flight, by name and place.
    pub(crate) fn list() -> Vec<WorkInFlight> {
        let (marks, more) = SLOTS.marks();
        let mut found: BTreeMap<sites::SiteId, (usize, u64)> = BTreeMap::new();
        for mark in marks {
            let (began, id) = read(mark);
            let (count, oldest) = found.entry(id).or_insert((0, began));
            (*count, *oldest) = (*count + 1, began.min(*oldest));
        }
        let since = |began| Duration::from_millis(now().saturating_sub(began));
        let known = found.into_iter().filter_map(|(id, (count, oldest))| {
            let Site { name, place } = sites::site(id)?;
            let (name, file) = (name.to_owned(), place.file().to_owned());
            Some(WorkInFlight { name, count, oldest: since(oldest), file, line: place.line() })
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
}

/// When it began, in milliseconds, above 20 bits for the site; never zero.
fn mark(began: u64, id: sites::SiteId) -> u64 {
    ((began + 1) << 20) | u64::from(id & (sites::MOST - 1))
}

fn read(mark: u64) -> (u64, sites::SiteId) {
    let id = u32::try_from(mark & u64::from(sites::MOST - 1)).unwrap_or_default();
    ((mark >> 20) - 1, id)
}

/// Milliseconds since the first call: by the coarse clock where there is one, which costs a third of the fine one.
fn now() -> u64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Ok(time) = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC_COARSE) {
        let (seconds, nanos) = (time.tv_sec().unsigned_abs(), time.tv_nsec().unsigned_abs());
        return seconds * 1000 + nanos / 1_000_000;
    }
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(FIRST.elapsed().as_millis()).unwrap_or_default()
}
