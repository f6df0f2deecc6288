//! Wraps a hook's future so that it can be cancelled, and so that it never unwinds.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::state::Finish;
use crate::hook::context::nanos;
use crate::hook::{HookFuture, HookResult, Missing};
use crate::report::{Outcome, SkipReason};
use crate::user_code::{catch_panic, discard};

/// Cancels a future that waits, from another thread.
///
/// The lock of `waker` orders `asked` and `waker`. The future stores its waker and then reads `asked`. The canceller
/// sets `asked` and then takes the waker. So one of them sees the change of the other.
pub(crate) struct CancelHandle {
    asked: AtomicBool,
    in_poll: AtomicBool,
    waker: Mutex<Option<Waker>>,
    began: Instant,
    /// When the future was polled last, in nanoseconds since the trigger.
    polled: AtomicU64,
}

impl CancelHandle {
    /// Makes the handle of a future that has just been polled. `began` is the trigger's instant.
    pub(crate) fn new(began: Instant) -> Self {
        let polled = AtomicU64::new(nanos(began.elapsed()));
        Self { asked: AtomicBool::new(false), in_poll: AtomicBool::new(false), waker: Mutex::new(None), began, polled }
    }

    /// Returns when the future was polled last, since the trigger.
    pub(crate) fn polled(&self) -> Duration {
        // Relaxed: no other data depends on this time.
        Duration::from_nanos(self.polled.load(Ordering::Relaxed))
    }

    /// Makes the future drop itself at its next poll, and requests that poll. The waker belongs to the runtime, not to
    /// user code, because the runtime polls this future directly.
    pub(crate) fn cancel(&self) {
        // Relaxed, here and where the flag is read: the lock of `waker` orders it.
        self.asked.store(true, Ordering::Relaxed);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns whether the future is being polled now. Relaxed: only a diagnosis and a short grace period depend on it.
    pub(crate) fn in_poll(&self) -> bool {
        self.in_poll.load(Ordering::Relaxed)
    }

    fn is_asked(&self, context: &Context<'_>) -> bool {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        self.asked.load(Ordering::Relaxed)
    }
}

/// A hook's future that can be cancelled.
pub(crate) struct Cancellable {
    future: Option<HookFuture>,
    cancel: Option<Arc<CancelHandle>>,
}

impl Cancellable {
    pub(crate) fn new(future: HookFuture) -> Self {
        Self { future: Some(future), cancel: None }
    }

    /// Allows the future to be cancelled from now on. Most hooks end at their first poll and never need this.
    pub(crate) fn cancelled_by(&mut self, cancel: Arc<CancelHandle>) {
        self.cancel = Some(cancel);
    }
}

impl Future for Cancellable {
    type Output = Finish;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Finish> {
        let this = &mut *self;
        if let Some(cancel) = &this.cancel {
            if cancel.is_asked(context) {
                return Poll::Ready(cancelled(&mut this.future));
            }
            // After the check: a cancelled future is dropped and not polled.
            cancel.in_poll.store(true, Ordering::Relaxed);
            cancel.polled.store(nanos(cancel.began.elapsed()), Ordering::Relaxed);
        }
        let Some(future) = &mut this.future else { return Poll::Pending };
        let finish = match catch_panic(|| future.as_mut().poll(context)) {
            Ok(Poll::Ready(result)) => Finish::Ended(outcome(result)),
            Ok(Poll::Pending) => {
                if let Some(cancel) = &this.cancel {
                    cancel.in_poll.store(false, Ordering::Relaxed);
                }
                return Poll::Pending;
            }
            Err(message) => Finish::Ended(panicked(message)),
        };
        // The future is dropped here, so that a panic of its `Drop` is caught. That panic is then the outcome.
        let future = this.future.take();
        Poll::Ready(match catch_panic(|| drop(future)) {
            Ok(()) => finish,
            Err(message) => Finish::Ended(panicked(message)),
        })
    }
}

/// Drops the future because its time is over. A panic of its `Drop` does not change the outcome.
fn cancelled(future: &mut Option<HookFuture>) -> Finish {
    discard(future.take());
    Finish::Dropped
}

/// Runs user code that either ends at once or never ends.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Missing>) -> Result<T, Finish> {
    match catch_panic(work) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(missing)) => Err(Finish::Ended(Outcome::Skipped(SkipReason::from(missing)))),
        Err(message) => Err(Finish::Ended(panicked(message))),
    }
}

/// Panics of std and tokio that do not say what to write in a hook: how the message begins, and what to write instead.
const KNOWN_PANICS: [(&str, &str); 4] = [
    (
        "failed printing to stdout",
        "stdout is closed, so `println!` panics: save before you print, and print by `writeln!` without its error",
    ),
    (
        "failed printing to stderr",
        "stderr is closed, so `eprintln!` panics: save before you print, and print by `writeln!` without its error",
    ),
    (
        "can call blocking only when running on the multi-threaded runtime",
        "a hook has its thread for itself: call the function without `block_in_place`, or use `spawn_blocking`",
    ),
    (
        "Cannot start a runtime from within a runtime",
        "an async hook runs in a tokio runtime of its own: await the future, or make the hook a sync `fn`",
    ),
];

/// Returns the outcome of a hook that panicked. If the panic is a known one, the text also says what to write in a hook.
fn panicked(message: String) -> Outcome {
    let advice = KNOWN_PANICS.iter().find(|(begin, _)| message.starts_with(begin)).map(|(_, advice)| advice);
    Outcome::Panicked(match advice {
        Some(advice) => format!("{}; {advice}", message.trim_end_matches('.')),
        None => message,
    })
}

pub(crate) fn outcome(result: HookResult) -> Outcome {
    match result {
        Ok(()) => Outcome::Completed,
        Err(error) => Outcome::Failed(error),
    }
}
