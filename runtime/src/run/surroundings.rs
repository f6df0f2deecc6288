//! What a run asks of the world around it: an interface, so that a run can be tested without that world.

use std::time::Duration;

use super::machine::{Event, Standing};
use crate::drain::{Stage, WorkInFlight};
use crate::hook::{Hook, HookRef, Phase};
use crate::report::Report;
use crate::telemetry::HookSpan;
use crate::trigger::Trigger;

/// What a run does to the world around it. No method has a default: a world around another passes each one on.
pub(crate) trait Surroundings: Send + Sync {
    /// Readiness and draining follow the stages.
    fn reach(&self, stage: Stage);
    /// How many pieces of work are in flight.
    fn in_flight(&self) -> usize;
    /// The work in flight, by name and place.
    fn work(&self) -> Vec<WorkInFlight>;
    /// The hooks are on their way; once, before all else that is told. The first of them may have begun.
    fn began(&self, trigger: &Trigger, hooks: usize);
    /// The span around a hook that starts now.
    fn span(&self, hook: &Hook) -> HookSpan;
    /// A phase has begun, with so many hooks. Called in the order of the phases, while nothing else goes on: must not
    /// block.
    fn phase_began(&self, phase: Phase, hooks: usize);
    /// Something happened that the operator should know.
    fn happened(&self, event: &Event, hook: Option<&Suspected>);
    /// These hooks still run, and this work is still in flight while the drain phase waits for it.
    fn still_running(&self, hooks: &[StillRunning], work: &[WorkInFlight]);
    /// How often it wants to know how things stand, while they last.
    fn wants_standing(&self) -> Option<Duration>;
    /// How things stand.
    fn stands(&self, standing: &Standing);
    /// All is over; called once, on a thread that may block.
    fn conclude(&self, report: Report);
    /// All is over and cannot wait for `conclude`, or that got stuck; must not block. `told` where `conclude` began.
    fn cut_off(&self, report: Report, told: bool);
    /// How long `conclude` may take when all is over now.
    fn conclusion(&self, now: Duration) -> Duration;
}

/// A hook that took too long, and what it was doing then.
#[derive(Clone, Debug)]
pub(crate) struct Suspected {
    pub(crate) hook: HookRef,
    pub(crate) doing: Option<String>,
}

/// A hook that runs, for the progress line.
#[derive(Clone, Debug)]
pub(crate) struct StillRunning {
    pub(crate) hook: HookRef,
    pub(crate) elapsed: Duration,
    pub(crate) remaining: Duration,
    pub(crate) doing: Option<String>,
}
