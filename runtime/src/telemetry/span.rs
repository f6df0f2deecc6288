//! Makes the span around a hook. Does nothing without the feature `tracing`.
//!
//! The hook's thread must enter and leave the span itself. The worker makes all other calls into the subscriber, such
//! as the one that ends the span.

#[cfg(not(feature = "tracing"))]
use crate::hook::HookFuture;

/// The span around one hook, if there is a subscriber.
#[derive(Default)]
pub(crate) struct HookSpan {
    #[cfg(feature = "tracing")]
    span: Option<std::sync::Arc<SpanCell>>,
}

#[cfg(feature = "tracing")]
pub(super) use cell::{SpanCell, SpanWorker};

#[cfg(feature = "tracing")]
mod cell {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use tracing::Span;

    use super::HookSpan;
    use crate::hook::{HookFuture, HookRecord, HookResult};
    use crate::report::OneLine;
    use crate::telemetry::subscriber_guard::SubscriberGuard;

    /// The worker, as a span sees it. Makes the calls into the subscriber that a hook's thread must not make.
    pub(crate) trait SpanWorker: Send + Sync {
        /// Returns the guard around every call into the subscriber.
        fn guard(&self) -> &SubscriberGuard;
        /// Drops the last reference to a span.
        fn drop_span(&self, span: Span);
        /// Ends a span with the hook's outcome.
        fn end_span(&self, span: Arc<SpanCell>, outcome: &'static str);
    }

    /// A span, and the worker that drops it.
    pub(crate) struct SpanCell {
        /// `None` only inside `drop` and `into_span`.
        span: Option<Span>,
        worker: Arc<dyn SpanWorker>,
    }

    impl SpanCell {
        fn run_inside<T>(&self, work: impl FnOnce() -> T) -> T {
            let guard = self.worker.guard();
            // Without a subscriber that answers, the hook runs outside the span.
            let Some(entered) = guard.call_from_hook(|| self.span.as_ref().map(Span::enter)) else { return work() };
            // The span must be left before the panic continues.
            let result = catch_unwind(AssertUnwindSafe(work));
            let mut entered = Some(entered);
            guard.call_from_hook(|| drop(entered.take()));
            if let Some(entered) = entered {
                // The subscriber has panicked or is stalled: to leave the span would call it again.
                std::mem::forget(entered);
            }
            result.unwrap_or_else(|payload| resume_unwind(payload))
        }

        pub(in crate::telemetry) fn record_outcome(&self, outcome: &'static str) {
            if let Some(span) = &self.span {
                span.record("outcome", outcome);
            }
        }

        pub(in crate::telemetry) fn into_span(mut self) -> Option<Span> {
            self.span.take()
        }
    }

    impl Drop for SpanCell {
        /// Lets the worker drop the span: this may run on the thread of a hook.
        fn drop(&mut self) {
            if let Some(span) = self.span.take() {
                self.worker.drop_span(span);
            }
        }
    }

    /// A future that is polled and dropped inside a span.
    struct InSpan {
        future: Option<HookFuture>,
        cell: Arc<SpanCell>,
    }

    impl Future for InSpan {
        type Output = HookResult;

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HookResult> {
            let Self { future, cell } = &mut *self;
            match future {
                Some(future) => cell.run_inside(|| future.as_mut().poll(context)),
                None => {
                    debug_assert!(false, "only `drop` takes the future");
                    Poll::Pending
                }
            }
        }
    }

    impl Drop for InSpan {
        fn drop(&mut self) {
            let future = self.future.take();
            // The `Drop` of the future is the hook's code, so its events belong into the span.
            self.cell.run_inside(|| drop(future));
        }
    }

    impl HookSpan {
        pub(in crate::telemetry) fn new(hook: &HookRecord, worker: Arc<dyn SpanWorker>) -> Self {
            let span = worker.guard().call_from_hook(|| {
                tracing::info_span!(
                    target: "on_shutdown",
                    "shutdown_hook",
                    hook = OneLine(hook.full_name()).to_string(),
                    phase = hook.phase.name(),
                    priority = hook.priority,
                    timeout_seconds = hook.timeout.as_secs_f64(),
                    outcome = tracing::field::Empty,
                )
            });
            // A filter may reject the span. There is nothing to enter then.
            let span = span.filter(|span| !span.is_disabled());
            let cell = |span| Arc::new(SpanCell { span: Some(span), worker: Arc::clone(&worker) });
            Self { span: span.map(cell) }
        }

        pub(crate) fn run_inside<T>(&self, work: impl FnOnce() -> T) -> T {
            match &self.span {
                Some(cell) => cell.run_inside(work),
                None => work(),
            }
        }

        /// Returns a future that polls and drops this one inside the span.
        pub(crate) fn wrap_future(&self, future: HookFuture) -> HookFuture {
            match &self.span {
                Some(cell) => Box::pin(InSpan { future: Some(future), cell: Arc::clone(cell) }),
                None => future,
            }
        }

        /// Ends the span with the hook's outcome.
        pub(crate) fn end(self, outcome: &'static str) {
            if let Some(cell) = self.span {
                let worker = Arc::clone(&cell.worker);
                worker.end_span(cell, outcome);
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[expect(clippy::unused_self, reason = "with the feature `tracing` it is used")]
impl HookSpan {
    pub(crate) fn run_inside<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(crate) fn wrap_future(&self, future: HookFuture) -> HookFuture {
        future
    }

    pub(crate) fn end(self, _outcome: &'static str) {}
}
