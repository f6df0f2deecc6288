//! What a hook may know of the shutdown it runs in.

use std::any::{Any, TypeId};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as TaskContext, Poll, ready};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use super::hook_future::nanos;
use crate::hook::{Phase, Values, catch_panic};
use crate::timing::FAST_TIMEOUT;
use crate::trigger::Trigger;

/// The shutdown as a hook sees it: a parameter of this type needs no `provide`.
///
/// ```standalone_crate
/// use on_shutdown::{Context, on_shutdown};
///
/// #[on_shutdown]
/// async fn upload(context: Context) {
///     println!("{} lets me work for {:?}", context.trigger(), context.remaining());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    trigger: Arc<Trigger>,
    phase: Phase,
    began: Instant,
    limit: Duration,
    fast: Arc<FastSignal>,
}

impl Context {
    /// Why the program stops.
    #[must_use]
    pub fn trigger(&self) -> &Trigger {
        &self.trigger
    }

    /// The phase of this hook.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// When this hook is given up: its timeout, or less where time is short. Earlier once somebody is in a hurry.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let hurried = self.fast.at().map_or(Duration::MAX, |at| at.saturating_add(FAST_TIMEOUT));
        self.began + self.limit.min(hurried)
    }

    /// The time until [`deadline`](Self::deadline); zero when it is past.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline().saturating_duration_since(now())
    }

    /// Whether somebody is in a hurry (a repeated Ctrl-C): do only what must not be left undone.
    #[must_use]
    pub fn is_hurried(&self) -> bool {
        self.fast.at().is_some()
    }

    /// Resolves when somebody is in a hurry; at once if that has been. `'static` and cancel-safe.
    #[must_use = "futures do nothing unless awaited"]
    pub fn hurry(&self) -> Hurried {
        Hurried { notified: Arc::clone(&self.fast.notify).notified_owned(), fast: Arc::clone(&self.fast) }
    }
}

#[cfg(not(feature = "testing"))]
fn now() -> Instant {
    Instant::now()
}

/// In a rehearsal the time is that of its clock.
#[cfg(feature = "testing")]
fn now() -> Instant {
    VIRTUAL_TIME.get().unwrap_or_else(|| tokio::time::Instant::now().into_std())
}

#[cfg(feature = "testing")]
thread_local! {
    /// The time for a sync hook of a rehearsal, which has no async runtime to ask.
    static VIRTUAL_TIME: std::cell::Cell<Option<Instant>> = const { std::cell::Cell::new(None) };
}

#[cfg(feature = "testing")]
pub(super) fn at_virtual_time<T>(time: Instant, work: impl FnOnce() -> T) -> T {
    VIRTUAL_TIME.set(Some(time));
    let result = work();
    VIRTUAL_TIME.set(None);
    result
}

/// The moment from which on somebody is in a hurry.
#[derive(Debug)]
pub(super) struct FastSignal {
    at: AtomicU64,
    notify: Arc<Notify>,
}

const NEVER: u64 = u64::MAX;

impl Default for FastSignal {
    fn default() -> Self {
        Self { at: AtomicU64::new(NEVER), notify: Arc::default() }
    }
}

impl FastSignal {
    /// From now on the shutdown is fast. Whoever waits for that is woken by [`wake_waiters`](Self::wake_waiters).
    pub(super) fn begin(&self, now: Duration) {
        self.at.fetch_min(nanos(now), Ordering::SeqCst);
    }

    /// Wakes who waits: calls the user's wakers, which may block.
    pub(super) fn wake_waiters(&self) {
        // What a panic of one waker leaves asleep sees the change at its next poll.
        let _ = catch_panic(|| self.notify.notify_waiters());
    }

    fn at(&self) -> Option<Duration> {
        let at = self.at.load(Ordering::SeqCst);
        (at != NEVER).then(|| Duration::from_nanos(at))
    }
}

pin_project! {
    /// The future of [`Context::hurry`].
    #[derive(Debug)]
    pub struct Hurried {
        #[pin]
        notified: OwnedNotified,
        fast: Arc<FastSignal>,
    }
}

impl Future for Hurried {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<()> {
        let this = self.project();
        if this.fast.at().is_none() {
            ready!(this.notified.poll(context));
        }
        Poll::Ready(())
    }
}

/// A hook's parameters: its context, made only for a hook that asks, or a provided value.
pub(super) struct HookArgs<'a> {
    pub(super) values: &'a dyn Values,
    pub(super) trigger: &'a Arc<Trigger>,
    pub(super) fast: &'a Arc<FastSignal>,
    pub(super) began: Instant,
    pub(super) phase: Phase,
    pub(super) limit: Duration,
}

impl Values for HookArgs<'_> {
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn Any)) {
        if wanted != TypeId::of::<Context>() {
            return self.values.lend(wanted, found);
        }
        found(&Context {
            trigger: Arc::clone(self.trigger),
            phase: self.phase,
            began: self.began,
            limit: self.limit,
            fast: Arc::clone(self.fast),
        });
    }
}
