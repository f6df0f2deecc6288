//! Defines the interface by which a run reports its events, so that tests can run hooks without a process.

use std::time::Duration;

use super::state::{Event, Progress};
use crate::drain::WorkInFlight;
use crate::hook::{HookRecord, HookRef, Phase};
use crate::report::Report;
use crate::telemetry::HookSpan;
use crate::trigger::Trigger;

/// Receives the events of a run. No method has a default, so an observer that wraps another one must forward every
/// event.
pub(crate) trait Observer: Send + Sync {
    /// The trigger came. Called before everything else. Must not block.
    fn triggered(&self);
    /// The hooks are starting. Called once, before every event with a line; the first hooks may have started.
    fn began(&self, trigger: &Trigger, hooks: usize);
    /// Returns the span around a hook that starts now.
    fn span(&self, hook: &HookRecord) -> HookSpan;
    /// A phase has begun, with this many hooks. Called in the order of the phases and under the lock of the run: must
    /// not block.
    fn phase_began(&self, phase: Phase, hooks: usize);
    /// An event of the shutdown's state. `hook` is set if the event belongs to a hook that is stuck.
    fn event(&self, event: &Event, hook: Option<&StuckHook>);
    /// These hooks still run, and the drain phase waits for this work. Called every few seconds.
    fn still_running(&self, hooks: &[RunningHook], work: &[WorkInFlight]);
    /// Returns how often to call [`progress`](Self::progress). `None`: never.
    fn progress_interval(&self) -> Option<Duration>;
    /// The progress of the shutdown, in regular intervals.
    fn progress(&self, progress: &Progress);
    /// The shutdown has ended. Called once, on a thread that may block.
    fn finalize(&self, report: Report);
    /// The shutdown has ended and cannot wait for `finalize`: there is no time for it, or it is stuck. `has_begun` says
    /// whether `finalize` was called. Must not block.
    fn cut_off(&self, report: Report, has_begun: bool);
    /// Returns how long `finalize` may take if it is called now.
    fn finalize_time(&self, now: Duration) -> Duration;
}

/// A hook that ran out of time, and what its thread was doing then.
#[derive(Clone, Debug)]
pub(crate) struct StuckHook {
    pub(crate) hook: HookRef,
    pub(crate) activity: Option<String>,
}

/// A hook that still runs, for the progress lines.
#[derive(Clone, Debug)]
pub(crate) struct RunningHook {
    pub(crate) hook: HookRef,
    pub(crate) elapsed: Duration,
    pub(crate) remaining: Duration,
    pub(crate) activity: Option<String>,
}
