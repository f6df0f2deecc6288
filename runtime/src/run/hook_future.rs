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
/// `asked` and `waker` are ordered by the lock of `waker`: the future stores its waker and then reads `asked`, the
/// canceller sets `asked` and then takes the waker, so that one of them sees the other's change.
pub(crate) struct CancelHandle {
    asked: AtomicBool,
    in_poll: AtomicBool,
    waker: Mutex<Option<Waker>>,
    began: Instant,
    /// When it was polled last, in nanoseconds since the trigger.
    polled: AtomicU64,
}

impl CancelHandle {
    /// `began` is the trigger's instant. Its future has just been polled.
    pub(crate) fn new(began: Instant) -> Self {
        let polled = AtomicU64::new(nanos(began.elapsed()));
        Self { asked: AtomicBool::new(false), in_poll: AtomicBool::new(false), waker: Mutex::new(None), began, polled }
    }

    /// When the future was polled last, since the trigger.
    pub(crate) fn polled(&self) -> Duration {
        // Relaxed: a time that stands for itself.
        Duration::from_nanos(self.polled.load(Ordering::Relaxed))
    }

    /// Makes the future drop itself at its next poll, and asks for that poll. The waker is the runtime's own, never the
    /// user's: nothing is between the runtime and this future.
    pub(crate) fn cancel(&self) {
        // Relaxed, here and where it is read: the lock of `waker` orders it.
        self.asked.store(true, Ordering::Relaxed);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether the future is being polled now. Relaxed: a diagnosis and a short grace follow from it, no other data.
    pub(crate) fn in_poll(&self) -> bool {
        self.in_poll.load(Ordering::Relaxed)
    }

    fn is_asked(&self, context: &Context<'_>) -> bool {
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        self.asked.load(Ordering::Relaxed)
    }
}

/// A hook's future, watched.
pub(crate) struct Cancellable {
    future: Option<HookFuture>,
    cancel: Option<Arc<CancelHandle>>,
}

impl Cancellable {
    pub(crate) fn new(future: HookFuture) -> Self {
        Self { future: Some(future), cancel: None }
    }

    /// From now on it can be cancelled. Most hooks end at their first poll and never need this.
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
            Err(message) => Finish::Ended(Outcome::Panicked(message)),
        };
        // Dropped here, where a panic of its `Drop` is caught; that panic is the outcome then.
        let future = this.future.take();
        Poll::Ready(match catch_panic(|| drop(future)) {
            Ok(()) => finish,
            Err(message) => Finish::Ended(Outcome::Panicked(message)),
        })
    }
}

/// Drops the future because its time is over, which a panic of its `Drop` does not change.
fn cancelled(future: &mut Option<HookFuture>) -> Finish {
    discard(future.take());
    Finish::Dropped
}

/// Runs a piece of the user's code that ends at once or never.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Missing>) -> Result<T, Finish> {
    match catch_panic(work) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(Missing(type_name))) => {
            Err(Finish::Ended(Outcome::Skipped(SkipReason::MissingValue { type_name: type_name.to_owned() })))
        }
        Err(message) => Err(Finish::Ended(Outcome::Panicked(message))),
    }
}

pub(crate) fn outcome(result: HookResult) -> Outcome {
    match result {
        Ok(()) => Outcome::Completed,
        Err(error) => Outcome::Failed(error.0),
    }
}
