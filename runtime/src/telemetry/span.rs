//! A hook in, the span around its work out; nothing at all without the feature `tracing`.

use crate::hook::HookFuture;

/// The span around one hook, where somebody listens.
#[derive(Default)]
pub(crate) struct HookSpan {
    #[cfg(feature = "tracing")]
    span: Option<tracing::Span>,
}

#[cfg(feature = "tracing")]
impl HookSpan {
    pub(crate) fn of(hook: &crate::hook::Hook) -> Self {
        let span = tracing::info_span!(
            target: "on_shutdown",
            "shutdown_hook",
            hook = hook.full_name(),
            phase = hook.phase.name(),
            priority = hook.priority,
            timeout_seconds = hook.timeout.as_secs_f64(),
            outcome = tracing::field::Empty,
        );
        Self { span: (!span.is_disabled()).then_some(span) }
    }

    pub(crate) fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.span {
            Some(span) => span.in_scope(work),
            None => work(),
        }
    }

    /// The same future, polled and dropped inside the span.
    pub(crate) fn around(&self, future: HookFuture) -> HookFuture {
        use tracing::Instrument as _;
        match &self.span {
            Some(span) => Box::pin(future.instrument(span.clone())),
            None => future,
        }
    }

    /// The hook ended so.
    pub(crate) fn close(self, outcome: &'static str) {
        if let Some(span) = self.span {
            span.record("outcome", outcome);
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
