//! Gives a hook access to the shutdown that it runs in: trigger, deadline, remaining time.

use std::any::{Any, TypeId};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use crate::drain::{Latch, WaiterEntry};
use crate::hook::{Phase, ProvidedType, Values};
use crate::trigger::Trigger;

/// The maximum time of a hook in a fast shutdown. A person who waits at a terminal presses Ctrl-C again after about
/// this time.
pub(crate) const FAST_TIMEOUT: Duration = Duration::from_secs(1);

/// The shutdown that a hook runs in: its trigger, and the hook's own phase and deadline.
///
/// A hook gets the context through a parameter of this type. The parameter needs no [`provide`](crate::provide).
///
/// # Examples
/// ```standalone_crate
/// use on_shutdown::{HookContext, on_shutdown};
///
/// #[on_shutdown]
/// async fn upload(context: HookContext) {
///     println!("{}: {:?} left for the upload", context.trigger(), context.remaining());
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
    /// Returns the reason for the shutdown.
    #[must_use]
    pub fn trigger(&self) -> &Trigger {
        &self.trigger
    }

    /// Returns the phase of this hook.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns the time at which the hook is cancelled or abandoned.
    ///
    /// The deadline is the hook's timeout after its start, or earlier if time is short. A
    /// [fast shutdown](Self::is_fast) moves the deadline to at most 1 s after the fast shutdown began.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        let fast_limit = self.fast.at().map_or(Duration::MAX, |at| at.saturating_add(FAST_TIMEOUT));
        self.began + self.limit.min(fast_limit)
    }

    /// Returns the time until the [`deadline`](Self::deadline), or zero after it.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline().saturating_duration_since(now())
    }

    /// Returns whether the shutdown is fast, because the user pressed Ctrl-C again.
    ///
    /// A hook should then do only the work that must not be left undone.
    #[must_use]
    pub fn is_fast(&self) -> bool {
        self.fast.at().is_some()
    }

    /// Returns a future that resolves when the shutdown becomes fast, or at once if the shutdown is fast already.
    ///
    /// The future is `'static` and cancel-safe.
    pub fn fast_shutdown(&self) -> FastShutdown {
        FastShutdown { fast: Arc::clone(&self.fast), entry: None }
    }
}

#[cfg(not(feature = "testing"))]
fn now() -> Instant {
    Instant::now()
}

/// Returns the virtual time in a simulation, and the real time otherwise.
#[cfg(feature = "testing")]
fn now() -> Instant {
    match VIRTUAL_TIME.get() {
        Some((virtual_time, called)) => virtual_time + counted(called.elapsed()),
        None => tokio::time::Instant::now().into_std(),
    }
}

/// The shortest real time that counts in a simulation. A call of a hook that ends at once takes microseconds. On a busy
/// machine it may take a hundred milliseconds, which must not change the result of a test.
#[cfg(feature = "testing")]
const SHORTEST_COUNTED: Duration = Duration::from_millis(500);

/// Returns the virtual time for a call of user code that really took this long.
#[cfg(feature = "testing")]
pub(crate) fn counted(real: Duration) -> Duration {
    if real < SHORTEST_COUNTED { Duration::ZERO } else { real }
}

#[cfg(feature = "testing")]
thread_local! {
    /// The virtual time for a sync hook, which runs outside the simulation's async runtime, and the real time of its call.
    static VIRTUAL_TIME: std::cell::Cell<Option<(Instant, Instant)>> = const { std::cell::Cell::new(None) };
}

/// Runs `work` with this time as the time of [`HookContext`]. Returns the virtual time that `work` took, too.
#[cfg(feature = "testing")]
pub(crate) fn at_virtual_time<T>(time: Instant, work: impl FnOnce() -> T) -> (T, Duration) {
    let called = Instant::now();
    VIRTUAL_TIME.set(Some((time, called)));
    let result = work();
    VIRTUAL_TIME.set(None);
    (result, counted(called.elapsed()))
}

/// The time at which the shutdown became fast, and the futures that wait for it.
pub(crate) struct FastSignal {
    /// Nanoseconds since the trigger, or [`NEVER`].
    at: AtomicU64,
    latch: Latch,
}

/// The value before the shutdown becomes fast. No shutdown takes 584 years.
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
        // Relaxed: readers use only this value. A future that the latch wakes sees the value through the latch.
        self.at.fetch_min(nanos(now), Ordering::Relaxed);
        // After the store, so that every woken future finds the time.
        self.latch.set();
    }

    /// Wakes the futures that wait. Their wakers are user code and may block, so no lock of ours may be held here.
    pub(crate) fn wake_waiters(&self) {
        self.latch.wake_waiters();
    }

    fn at(&self) -> Option<Duration> {
        // Relaxed: no other memory depends on this value.
        let at = self.at.load(Ordering::Relaxed);
        (at != NEVER).then(|| Duration::from_nanos(at))
    }
}

/// Converts the time to nanoseconds, the unit of our atomics. 584 years is the maximum.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The future that [`HookContext::fast_shutdown`] returns.
#[must_use = "this future waits for nothing unless it is polled: add `.await`, or pass it to `select!`"]
pub struct FastShutdown {
    fast: Arc<FastSignal>,
    /// The entry of this future in the latch, from the first poll on.
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
        // Two borrows, because the latch writes the entry.
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

/// The values for the parameters of one hook: its context and the provided values. Creates the context only for a
/// hook that has such a parameter.
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
        // Create the context only on request: it costs two reference counts for each hook.
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

    fn find_similar(&self, wanted: &str) -> Option<ProvidedType> {
        self.values.find_similar(wanted)
    }
}
