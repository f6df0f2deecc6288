//! Station 5: the course of a shutdown in; readiness, draining and the work in flight out, for servers and probes.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

pub(crate) use in_flight::Ledger;
#[cfg(feature = "tower")]
pub(crate) use in_flight::in_flight_at;
pub use in_flight::{InFlight, Tracked, WorkInFlight, in_flight, serve, track};

mod in_flight;
mod sites;
mod slots;

/// How far the program has gone on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Send new work.
    Serving,
    /// From the trigger on: still serving, but send no new work.
    Leaving,
    /// From the end of the drain delay on: stop accepting, finish what has begun.
    Draining,
}

/// The stage of this program: a static of its own, so that a probe costs one atomic load.
static REACHED: AtomicU8 = AtomicU8::new(Stage::Serving as u8);

#[inline]
fn has_reached(stage: Stage) -> bool {
    REACHED.load(Ordering::SeqCst) >= stage as u8
}

/// Who waits for a stage; usable before install and without it.
struct Waiters {
    leaving: Arc<Notify>,
    draining: Arc<Notify>,
}

static WAITERS: LazyLock<Waiters> =
    LazyLock::new(|| Waiters { leaving: Arc::new(Notify::new()), draining: Arc::new(Notify::new()) });

pub(crate) fn enter_stage(stage: Stage) -> bool {
    REACHED.fetch_max(stage as u8, Ordering::SeqCst) < stage as u8
}

pub(crate) fn wake_waiters(stage: Stage) {
    WAITERS.leaving.notify_waiters();
    if stage == Stage::Draining {
        WAITERS.draining.notify_waiters();
    }
}

/// Whether this instance wants new work: true until the trigger, false from then on.
///
/// One atomic load; for readiness probes. Usable before install and in libraries.
#[must_use]
#[inline]
pub fn is_ready() -> bool {
    !has_reached(Stage::Leaving)
}

/// Whether the drain delay is over: stop accepting, finish what has begun.
///
/// One atomic load; for code that polls. Usable before install and in libraries.
#[must_use]
#[inline]
pub fn is_draining() -> bool {
    has_reached(Stage::Draining)
}

/// Resolves at the trigger, when readiness turns false; at once if that has been.
///
/// The program still serves until [`draining`] resolves.
#[must_use = "futures do nothing unless awaited"]
pub fn leaving() -> Draining {
    Draining::new(&WAITERS.leaving, Stage::Leaving)
}

/// Resolves at the end of the drain delay: stop accepting, finish what has begun; at once if that has been.
///
/// Cheap, `'static`, cancel-safe, usable before install and in libraries: what a server takes as its
/// graceful-shutdown signal.
#[must_use = "futures do nothing unless awaited"]
pub fn draining() -> Draining {
    Draining::new(&WAITERS.draining, Stage::Draining)
}

/// The future of [`draining`] and of [`leaving`]. It is `Unpin`: a loop awaits `&mut draining` beside its next job.
#[derive(Debug)]
pub struct Draining {
    // Made before the stage is looked at, so that it misses no change.
    notified: Pin<Box<OwnedNotified>>,
    stage: Stage,
}

impl Draining {
    fn new(waiting: &Arc<Notify>, stage: Stage) -> Self {
        Self { notified: Box::pin(Arc::clone(waiting).notified_owned()), stage }
    }
}

impl Future for Draining {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if !has_reached(self.stage) {
            ready!(self.notified.as_mut().poll(context));
        }
        Poll::Ready(())
    }
}
