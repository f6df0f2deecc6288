//! What a hook may know of the shutdown it runs in.

use std::any::{Any, TypeId};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use crate::drain::{Latch, WaiterEntry};
use crate::hook::{Phase, Values};
use crate::trigger::Trigger;

/// Maximum time of a hook in a fast shutdown: a person who waits at a terminal gives it about that.
pub(crate) const FAST_TIMEOUT: Duration = Duration::from_secs(1);

/// The shutdown as a hook sees it: a parameter of this type needs no `provide`.
///
/// ```standalone_crate
/// use on_shutdown::{HookContext, on_shutdown};
///
/// #[on_shutdown]
/// async fn upload(context: HookContext) {
///     println!("{} lets me work for {:?}", context.trigger(), context.remaining());
/// }
/// ```
#[derive(Clone, Debug)]
pub struct HookContext {
    trigger: Arc<Trigger>,
    phase: Phase,
    began: Instant,
    limit: Duration,
    fast: Arc<FastSignal>,
}

impl HookContext {
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
    pub fn is_fast(&self) -> bool {
        self.fast.at().is_some()
    }

    /// Resolves when somebody is in a hurry; at once if that has been. `'static` and cancel-safe.
    #[must_use = "futures do nothing unless awaited"]
    pub fn fast_shutdown(&self) -> FastShutdown {
        FastShutdown { fast: Arc::clone(&self.fast), entry: None }
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
pub(crate) fn at_virtual_time<T>(time: Instant, work: impl FnOnce() -> T) -> T {
    VIRTUAL_TIME.set(Some(time));
    let result = work();
    VIRTUAL_TIME.set(None);
    result
}

/// When the shutdown became fast, and who waits for that.
pub(crate) struct FastSignal {
    /// In nanoseconds since the trigger.
    at: AtomicU64,
    latch: Latch,
}

const NEVER: u64 = u64::MAX;

impl Default for FastSignal {
    fn default() -> Self {
        Self { at: AtomicU64::new(NEVER), latch: Latch::default() }
    }
}

impl fmt::Debug for FastSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastSignal").field("at", &self.at()).finish_non_exhaustive()
    }
}

impl FastSignal {
    /// Makes the shutdown fast from now on. [`wake_waiters`](Self::wake_waiters) must follow.
    pub(crate) fn begin(&self, now: Duration) {
        // Relaxed: a time that stands for itself; who is woken by the latch sees it through the latch.
        self.at.fetch_min(nanos(now), Ordering::Relaxed);
        self.latch.set();
    }

    /// Calls the wakers of the futures that wait, which are user code and may block.
    pub(crate) fn wake_waiters(&self) {
        self.latch.wake_waiters();
    }

    fn at(&self) -> Option<Duration> {
        let at = self.at.load(Ordering::Relaxed);
        (at != NEVER).then(|| Duration::from_nanos(at))
    }
}

/// Returns the time as nanoseconds, for an atomic.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The future of [`HookContext::fast_shutdown`].
pub struct FastShutdown {
    fast: Arc<FastSignal>,
    /// The place among the futures that wait, from the first poll on.
    entry: Option<WaiterEntry>,
}

impl fmt::Debug for FastShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastShutdown").finish_non_exhaustive()
    }
}

impl Future for FastShutdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<()> {
        let Self { fast, entry } = &mut *self;
        fast.latch.poll(entry, context.waker())
    }
}

impl Drop for FastShutdown {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.fast.latch.remove(entry);
        }
    }
}

/// A hook's parameters: its context, made only for a hook that asks, or a provided value.
pub(crate) struct HookArgs<'a> {
    pub(crate) values: &'a dyn Values,
    pub(crate) trigger: &'a Arc<Trigger>,
    pub(crate) fast: &'a Arc<FastSignal>,
    pub(crate) began: Instant,
    pub(crate) phase: Phase,
    pub(crate) limit: Duration,
}

impl Values for HookArgs<'_> {
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn Any)) {
        if wanted != TypeId::of::<HookContext>() {
            return self.values.lend(wanted, found);
        }
        found(&HookContext {
            trigger: Arc::clone(self.trigger),
            phase: self.phase,
            began: self.began,
            limit: self.limit,
            fast: Arc::clone(self.fast),
        });
    }
}
