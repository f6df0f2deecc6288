//! A hook in, the span around its work out; nothing at all without the feature `tracing`.
//!
//! To enter and to leave a span are calls into the subscriber that nobody can make for the hook's thread. All others,
//! the last ones for a span included, are the teller's.

#[cfg(not(feature = "tracing"))]
use crate::hook::HookFuture;

/// The span around one hook, where somebody listens.
#[derive(Default)]
pub(crate) struct HookSpan {
    #[cfg(feature = "tracing")]
    span: Option<std::sync::Arc<Inside>>,
}

#[cfg(feature = "tracing")]
pub(super) use inside::Inside;

#[cfg(feature = "tracing")]
mod inside {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::pin::Pin;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use tracing::Span;

    use super::HookSpan;
    use crate::hook::{Hook, HookFuture, HookResult};
    use crate::telemetry::teller::Shared;

    /// A span that is there, and the way to its subscriber.
    pub(crate) struct Inside {
        pub(in crate::telemetry) span: Span,
        teller: Arc<Shared>,
    }

    impl Inside {
        fn within<T>(&self, work: impl FnOnce() -> T) -> T {
            let gate = &self.teller.gate;
            let Some(entered) = gate.call_with_care(|| self.span.enter()) else { return work() };
            let result = catch_unwind(AssertUnwindSafe(work));
            let mut entered = Some(entered);
            gate.call_with_care(|| drop(entered.take()));
            // Where the subscriber does not answer any more the span is never left.
            if let Some(entered) = entered {
                std::mem::forget(entered);
            }
            result.unwrap_or_else(|payload| resume_unwind(payload))
        }
    }

    /// A future that is polled and dropped inside a span.
    struct Around {
        future: Option<HookFuture>,
        inside: Arc<Inside>,
    }

    impl Future for Around {
        type Output = HookResult;

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HookResult> {
            let Self { future, inside } = &mut *self;
            match future {
                Some(future) => inside.within(|| future.as_mut().poll(context)),
                None => Poll::Pending,
            }
        }
    }

    impl Drop for Around {
        fn drop(&mut self) {
            let future = self.future.take();
            self.inside.within(|| drop(future));
        }
    }

    impl HookSpan {
        pub(in crate::telemetry) fn of(hook: &Hook, teller: &Arc<Shared>) -> Self {
            let span = teller.gate.call_with_care(|| {
                tracing::info_span!(
                    target: "on_shutdown",
                    "shutdown_hook",
                    hook = hook.full_name(),
                    phase = hook.phase.name(),
                    priority = hook.priority,
                    timeout_seconds = hook.timeout.as_secs_f64(),
                    outcome = tracing::field::Empty,
                )
            });
            let span = span.filter(|span| !span.is_disabled());
            Self { span: span.map(|span| Arc::new(Inside { span, teller: Arc::clone(teller) })) }
        }

        pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
            match &self.span {
                Some(inside) => inside.within(work),
                None => work(),
            }
        }

        /// The same future, polled and dropped inside the span.
        pub(crate) fn around(&self, future: HookFuture) -> HookFuture {
            match &self.span {
                Some(inside) => Box::pin(Around { future: Some(future), inside: Arc::clone(inside) }),
                None => future,
            }
        }

        /// The hook ended so.
        pub(crate) fn close(self, outcome: &'static str) {
            if let Some(inside) = self.span {
                // Nothing of it stays here: who drops the last of it calls the subscriber.
                let teller = Arc::clone(&inside.teller);
                teller.close(inside, outcome);
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[expect(clippy::unused_self, reason = "with the feature `tracing` it is used")]
impl HookSpan {
    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(crate) fn around(&self, future: HookFuture) -> HookFuture {
        future
    }

    pub(crate) fn close(self, _outcome: &'static str) {}
}
