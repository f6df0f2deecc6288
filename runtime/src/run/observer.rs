//! What a run tells the world around it: an interface, so that a run can be tested without that world.

use std::time::Duration;

use super::state::{Event, Progress};
use crate::drain::WorkInFlight;
use crate::hook::{Hook, HookRef, Phase};
use crate::report::Report;
use crate::telemetry::HookSpan;
use crate::trigger::Trigger;

/// Receives what happens in a run. No method has a default, so that an observer around another passes each one on.
pub(crate) trait Observer: Send + Sync {
    /// The trigger came, and nothing else has happened. Must not block.
    fn triggered(&self);
    /// The hooks are on their way. Called once, before everything that has a line; the first hooks may have started.
    fn began(&self, trigger: &Trigger, hooks: usize);
    /// Returns the span around a hook that starts now.
    fn span(&self, hook: &Hook) -> HookSpan;
    /// A phase has begun, with so many hooks. Called in the order of the phases and under the lock of the run: must
    /// not block.
    fn phase_began(&self, phase: Phase, hooks: usize);
    /// Something happened.
    fn event(&self, event: &Event, hook: Option<&StuckHook>);
    /// These hooks still run, and this work is still in flight while the drain phase waits for it.
    fn still_running(&self, hooks: &[RunningHook], work: &[WorkInFlight]);
    /// Returns how often the observer wants to know the progress.
    fn progress_interval(&self) -> Option<Duration>;
    /// Tells the progress.
    fn progress(&self, progress: &Progress);
    /// All is over. Called once, on a thread that may block.
    fn finalize(&self, report: Report);
    /// All is over and cannot wait for `finalize`, or `finalize` is stuck: `has_begun` says which. Must not block.
    fn cut_off(&self, report: Report, has_begun: bool);
    /// Returns how long `finalize` may take if all is over now.
    fn finalize_time(&self, now: Duration) -> Duration;
}

/// A hook that took too long, and what it was doing then.
#[derive(Clone, Debug)]
pub(crate) struct StuckHook {
    pub(crate) hook: HookRef,
    pub(crate) activity: Option<String>,
}

/// A hook that runs, for the progress line.
#[derive(Clone, Debug)]
pub(crate) struct RunningHook {
    pub(crate) hook: HookRef,
    pub(crate) elapsed: Duration,
    pub(crate) remaining: Duration,
    pub(crate) activity: Option<String>,
}
