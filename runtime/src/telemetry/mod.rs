//! Sends events to tracing and metrics, otherwise to stderr.
//!
//! The subscriber and the recorder are user code: they may block or panic. Only one thread calls them, the worker. Hooks
//! and the end of the shutdown wait for the worker only while it is not stalled. There is one exception: the hook's
//! thread itself makes, enters and leaves the span around the hook. It does so only after the subscriber has answered
//! the beginning of the shutdown, and while no other call is stalled.
//!
//! Known limit: a subscriber that answers at first, and later blocks for ever in `new_span`, `enter` or `exit`, stalls
//! the hooks that make such a call within the next millisecond. They time out; all others run.
//!
//! The feature `tracing` is additive. A subscriber that accepts the report does not keep a failed shutdown off stderr:
//! one line with the exit code goes there, too. `docs/telemetry.md` lists all events and metrics.

use std::sync::Arc;
use std::time::Duration;

pub(crate) use event::{Event, HookLabel, Progress};
pub(crate) use span::HookSpan;

use crate::hook::HookRecord;
use crate::report::{Outcome, Report, TextOptions};
use crate::trigger::Masks;
#[cfg(not(unix))]
pub(crate) use stderr_thread as stderr;

mod event;
#[cfg(all(feature = "json", feature = "tracing"))]
#[cfg(test)]
mod field_tests;
#[cfg(feature = "json")]
mod json_line;
mod level;
pub(crate) mod log_format;
pub(crate) mod log_line;
#[cfg(feature = "metrics")]
mod metrics;
mod span;
// With `poll` on Unix, and with a thread of its own on other systems.
#[cfg(unix)]
pub(crate) mod stderr;
mod stderr_options;
#[cfg(any(not(unix), test))]
#[cfg_attr(unix, expect(dead_code, unused_imports, reason = "the tests use a part of it"))]
pub(crate) mod stderr_thread;
#[cfg(feature = "tracing")]
mod subscriber_guard;
#[cfg(feature = "tracing")]
mod tracing;
#[cfg(any(feature = "tracing", feature = "metrics"))]
mod worker;

/// Whether each end of a hook is an event for tracing or metrics.
pub(crate) const TELEMETRY: bool = cfg!(any(feature = "tracing", feature = "metrics"));

/// Returns whether the end of a hook with this outcome is an event.
pub(crate) fn reports_end(outcome: &Outcome) -> bool {
    TELEMETRY || (cfg!(feature = "json") && event::has_own_line(outcome))
}

/// Maximum time that the end of the shutdown, and a hook in `finalize`, waits for a worker that is not stalled.
pub(crate) const WORKER_TIMEOUT: Duration = if TELEMETRY { Duration::from_millis(500) } else { Duration::ZERO };

/// A call that takes longer than this counts as stalled: it may never return. Longer than a slow exporter needs, shorter
/// than hooks can lose.
#[cfg(any(feature = "tracing", feature = "metrics"))]
const STALLED: Duration = Duration::from_millis(200);

/// Minimum time for the worker, if no time is left: enough for a subscriber that is not slow.
#[cfg(any(feature = "tracing", feature = "metrics"))]
const MIN_WORKER_TIMEOUT: Duration = Duration::from_millis(50);

/// Writes lines and the report to the subscriber, otherwise to stderr.
pub(crate) struct Output {
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    worker: Option<worker::TelemetryWorker>,
    text_options: TextOptions,
    quiet: bool,
    /// The scope whose shutdown uses this output. `None` for the process.
    scope: Option<&'static str>,
}

impl Output {
    /// Makes all that the output needs at the trigger. The masks are those of the open inbox.
    pub(crate) fn new(quiet: bool, masks: Masks) -> Self {
        stderr::prepare();
        #[cfg(not(any(feature = "tracing", feature = "metrics")))]
        let _ = masks;
        Self {
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            worker: worker::TelemetryWorker::start(quiet, masks),
            // Read now: at the trigger the program may hold the lock of the environment.
            text_options: stderr_options::text_options(),
            quiet,
            scope: None,
        }
    }

    /// Returns the same output for the shutdown of a scope, whose events name it.
    pub(crate) fn in_scope(&self, path: &'static str) -> Self {
        Self {
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            worker: self.worker.clone(),
            text_options: self.text_options,
            quiet: self.quiet,
            scope: Some(path),
        }
    }

    /// Logs the event, unless it is for an observer alone. Does not wait for the subscriber.
    pub(crate) fn log(&self, event: Event) {
        let event = match self.scope {
            Some(scope) => event.in_scope(scope),
            None => event,
        };
        if !event.is_logged() {
            return;
        }
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        if let Some(worker) = &self.worker {
            return self.print(&worker.offer(event));
        }
        self.print(&[event]);
    }

    fn print(&self, events: &[Event]) {
        events.iter().for_each(|event| log_line::write_event(event, self.quiet));
    }

    /// Sends what was logged at install to the subscriber, if the program has set one since.
    ///
    /// Nothing tells this crate when a program sets its subscriber. So the start of a server calls this, and the next event
    /// sends it at the latest.
    #[cfg(feature = "tracing")]
    pub(crate) fn send_early(&self) {
        self.worker.iter().for_each(worker::TelemetryWorker::send_early);
    }

    /// Sends the report to the subscriber, and waits at most this time for it. If the subscriber does not take the report,
    /// writes the report to stderr.
    ///
    /// If the subscriber takes the report of a shutdown that was not a success, writes one line to stderr. A dependency
    /// may have enabled the feature `tracing`, and the operator reads stderr.
    pub(crate) fn write_report(&self, report: &Arc<Report>, time: Duration) {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        if let Some(worker) = &self.worker {
            match worker.send_report(report, time.clamp(MIN_WORKER_TIMEOUT, WORKER_TIMEOUT)) {
                Ok(()) if report.is_success() => return,
                Ok(()) => return log_line::write_exit_code(report),
                Err(unsent) => self.print(&unsent),
            }
        }
        // With `quiet`, stderr belongs to the person who uses the program.
        if self.quiet && report.is_success() {
            return;
        }
        log_line::write_report(report, self.text_options, time.min(stderr::REPORT_TIMEOUT));
    }

    /// Makes the span around a hook that starts now.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(crate) fn span(&self, hook: &HookRecord) -> HookSpan {
        let Some(worker) = &self.worker else { return HookSpan::default() };
        // Before the span: a hook in `finalize` waits here, and its span would count the waiting.
        worker.begin(hook);
        #[cfg(feature = "tracing")]
        return worker.span(hook);
        #[cfg(not(feature = "tracing"))]
        HookSpan::default()
    }

    /// Makes the span around a hook that starts now.
    #[cfg(not(any(feature = "tracing", feature = "metrics")))]
    #[expect(clippy::unused_self, reason = "with the feature `tracing` it is used")]
    pub(crate) fn span(&self, _hook: &HookRecord) -> HookSpan {
        HookSpan::default()
    }
}
