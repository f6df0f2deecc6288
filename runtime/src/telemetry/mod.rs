//! Sends events to tracing and metrics, otherwise to stderr.
//!
//! The subscriber and the recorder are the program's code: they may block or panic. Only one thread calls them, the
//! worker. Hooks and the end wait for the worker only while it is not stalled. There is one exception: a span around a
//! hook is made, entered and left on the hook's thread. That is done only after the subscriber has answered the
//! beginning of the shutdown, and not while another call is stalled.
//!
//! Known limit: a subscriber that answers at first, and later blocks for ever in `new_span`, `enter` or `exit`, stalls
//! the hooks that make such a call within the next millisecond. They time out; all others run. `docs/telemetry.md`
//! lists all events and metrics.

use std::time::Duration;

pub(crate) use news::{HookLabel, Notice};
pub(crate) use span::HookSpan;

use crate::hook::Hook;
use crate::report::{Report, TextOptions};
use crate::trigger::Masks;

#[cfg(feature = "metrics")]
mod metrics;
mod news;
mod span;
pub(crate) mod stderr;
#[cfg(feature = "tracing")]
mod subscriber_guard;
#[cfg(feature = "tracing")]
mod tracing;
#[cfg(any(feature = "tracing", feature = "metrics"))]
mod worker;

/// How long the end, and a hook in `finalize`, waits for a worker that is not stalled.
pub(crate) const PATIENCE: Duration = if TELLS_ENDS { Duration::from_millis(500) } else { Duration::ZERO };

/// How long an end that has no time left waits for the worker.
#[cfg(any(feature = "tracing", feature = "metrics"))]
const HASTE: Duration = Duration::from_millis(50);

/// Whether each hook that ends is an event. Without tracing and metrics nobody wants it.
pub(crate) const TELLS_ENDS: bool = cfg!(any(feature = "tracing", feature = "metrics"));

/// Where the shutdown's events go.
pub(crate) struct Output {
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    worker: Option<worker::TelemetryWorker>,
    text_options: TextOptions,
    quiet: bool,
}

impl Output {
    /// Makes all that is needed at the trigger. The masks are those of the open inbox.
    pub(crate) fn new(quiet: bool, masks: Masks) -> Self {
        stderr::prepare();
        #[cfg(not(any(feature = "tracing", feature = "metrics")))]
        let _ = masks;
        Self {
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            worker: worker::TelemetryWorker::start(quiet, masks),
            // Read now: at the trigger the program may hold the lock of the environment.
            text_options: stderr::text_options(),
            quiet,
        }
    }

    pub(crate) fn tell(&self, news: Notice) {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        if let Some(worker) = &self.worker {
            return self.print(&worker.offer(news));
        }
        self.print(&[news]);
    }

    fn print(&self, news: &[Notice]) {
        news.iter().filter_map(|news| news.line(self.quiet)).for_each(stderr::line);
    }

    /// Sends the report to the subscriber and waits for it. Otherwise writes the report to stderr, unless all went well
    /// and stderr is to be quiet.
    pub(crate) fn conclude(&self, report: &Report, went_well: bool, patience: Duration) {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        if let Some(worker) = &self.worker {
            match worker.conclude(report, patience.clamp(HASTE, PATIENCE)) {
                Ok(()) => return,
                Err(untold) => self.print(&untold),
            }
        }
        if self.quiet && went_well {
            return;
        }
        stderr::write(&report.on(self.text_options).to_string(), patience.min(stderr::PATIENCE));
    }

    /// Makes the span around a hook that starts now.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(crate) fn span(&self, hook: &Hook) -> HookSpan {
        let Some(worker) = &self.worker else { return HookSpan::default() };
        worker.begin(hook);
        #[cfg(feature = "tracing")]
        return worker.span(hook);
        #[cfg(not(feature = "tracing"))]
        HookSpan::default()
    }

    /// Makes the span around a hook that starts now.
    #[cfg(not(any(feature = "tracing", feature = "metrics")))]
    #[expect(clippy::unused_self, reason = "with the feature `tracing` it is used")]
    pub(crate) fn span(&self, _hook: &Hook) -> HookSpan {
        HookSpan::default()
    }
}
