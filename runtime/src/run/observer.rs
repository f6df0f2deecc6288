//! Defines the interfaces through which a run reports its events and its end.

use std::sync::Arc;
use std::time::Duration;

use crate::report::Report;
use crate::telemetry::Event;

/// Receives every event of a run, in addition to the log: [`Event::Triggered`] first, and [`Event::Ended`] or
/// [`Event::CutOff`] at the end.
pub(crate) trait Observer: Send + Sync {
    /// Must not block, except at [`Event::Progress`] and [`Event::Ended`]: the run calls it under its lock, so that
    /// events arrive in the order of the changes that they tell of.
    fn event(&self, event: &Event);
}

/// Writes the report and ends the shutdown.
pub(crate) trait Finalizer: Send + Sync {
    /// Returns the exit code for the report.
    fn exit_code(&self, report: &Report) -> u8;
    /// The shutdown has ended. Called once, on a thread that may block.
    fn finalize(&self, report: Arc<Report>);
    /// The shutdown has ended and cannot wait for `finalize`: there is no time for it, or it is stuck. `has_begun` says
    /// whether `finalize` was called. Must not block.
    fn cut_off(&self, report: Arc<Report>, has_begun: bool);
    /// Returns how long `finalize` may take if it is called now.
    fn finalize_time(&self, now: Duration) -> Duration;
}
