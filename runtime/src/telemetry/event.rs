//! Defines the events of a shutdown that go to the log, to telemetry, or to systemd.
//!
//! A sentence is one line: control characters in names, labels and errors are escaped.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::drain::WorkInFlight;
use crate::duration_text::HumanDuration;
use crate::hook::{HookRecord, HookRef, Phase};
use crate::report::{HookReport, OneLine, Outcome, Report, trigger_line};
use crate::trigger::{Signal, Trigger};

/// An event of a shutdown.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(all(any(feature = "tracing", feature = "metrics"), feature = "systemd", unix)),
    expect(dead_code, reason = "only telemetry and systemd together read all; systemd is on Unix alone")
)]
// Owned values: the worker emits the event later, when the hook may be gone.
pub(crate) enum Event {
    /// The shutdown is installed.
    Installed(String),
    /// Something may differ from what the program's author expects.
    Warning(String),
    /// The trigger came, and nothing else has happened.
    Triggered,
    /// The hooks are starting. Logged before every other line; the first hooks may have started.
    Began { trigger: Trigger, hooks: usize, within: Duration },
    /// The same for the shutdown of a scope.
    ScopeBegan { scope: &'static str, trigger: Trigger, hooks: usize, within: Duration },
    /// A phase has begun, with this many hooks.
    PhaseBegan { phase: Phase, hooks: usize },
    /// Draining began, with this much work in flight.
    DrainingBegan { in_flight: usize },
    /// A hook ended or was skipped. Only with a feature that reports hooks one by one.
    HookEnded(Box<HookReport>),
    /// A hook was cancelled or abandoned.
    HookTimedOut { hook: HookLabel, after: Duration, activity: Option<String> },
    /// A hook has run for a while.
    StillRunning { hook: HookLabel, elapsed: Duration, remaining: Duration, activity: Option<String> },
    /// The drain phase waits for this work.
    StillInFlight(WorkInFlight),
    /// The drain phase waits no longer for this work.
    WorkCutOff(WorkInFlight),
    /// A signal or request came during the shutdown, and changes nothing.
    LaterTrigger(Trigger),
    /// A repeated signal made the shutdown fast.
    FastShutdown(Signal),
    /// How far the shutdown is, in regular intervals.
    Progress(Progress),
    /// Something failed that does not affect the hooks.
    Problem(String),
    /// The shutdown has ended. The last event, unless the report cannot be written.
    Ended(Arc<Report>),
    /// The shutdown of a scope has ended. The process goes on.
    ScopeEnded { scope: &'static str, report: Arc<Report> },
    /// The supervisor ends the shutdown now, instead of a worker. An observer must not block.
    CutOff(Arc<Report>),
}

/// The name and the location of a hook.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(any(feature = "tracing", feature = "json")),
    expect(dead_code, reason = "only events of `tracing` and JSON have the full name and the phase")
)]
pub(crate) struct HookLabel {
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) phase: Phase,
}

impl HookLabel {
    pub(crate) fn of(hook: &HookRecord) -> Self {
        let HookRecord { file, line, phase, .. } = *hook;
        Self { name: hook.name.to_string(), full_name: hook.full_name(), file, line, phase }
    }
}

impl fmt::Display for HookLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.name, self.file, self.line)
    }
}

/// The progress of the shutdown at one moment.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(all(feature = "systemd", unix)),
    expect(dead_code, reason = "only the feature `systemd` reads it, on Unix")
)]
pub(crate) struct Progress {
    pub(crate) now: Duration,
    pub(crate) phase: Phase,
    /// The hooks that run or wait for a thread.
    pub(crate) hooks: Vec<HookRef>,
    /// How much work in flight the drain phase waits for.
    pub(crate) in_flight: usize,
    /// Whether the drain delay lasts.
    pub(crate) is_serving: bool,
    /// Rises when a hook ends by itself (not by its timeout), when work in flight ends, and when the drain delay ends.
    /// Also rises when that delay begins, because the delay always ends.
    pub(crate) count: usize,
    /// When all hooks that run now will have ended or been abandoned, by their time limits.
    pub(crate) until: Duration,
}

/// Returns whether the end of a hook with this outcome has a JSON line. A timeout has one by its own event.
pub(super) fn has_own_line(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::Completed | Outcome::TimedOut { .. })
}

impl Event {
    /// Returns the event of the shutdown of a scope for this event of its run.
    pub(super) fn in_scope(self, scope: &'static str) -> Self {
        match self {
            Self::Began { trigger, hooks, within } => Self::ScopeBegan { scope, trigger, hooks, within },
            // The metric of this event is that of the process.
            Self::DrainingBegan { .. } => Self::PhaseBegan { phase: Phase::Drain, hooks: 0 },
            other => other,
        }
    }

    /// Returns whether this is the first event of a shutdown, to which the subscriber answers before hooks make spans.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(super) fn is_beginning(&self) -> bool {
        matches!(self, Self::Began { .. } | Self::ScopeBegan { .. })
    }

    /// Returns whether the log or the telemetry worker gets the event. The others are for an observer alone.
    pub(crate) fn is_logged(&self) -> bool {
        !matches!(self, Self::Triggered | Self::PhaseBegan { .. } | Self::Progress(_) | Self::CutOff(_))
    }

    /// Returns the line for stderr. With `quiet`, an expected event has none.
    pub(crate) fn line(&self, quiet: bool) -> Option<String> {
        // Only these. Warnings, timeouts and problems are written even with `quiet`.
        let is_expected = match self {
            Self::Installed(_) | Self::Began { .. } | Self::ScopeBegan { .. } => true,
            Self::LaterTrigger(trigger) => *trigger == Trigger::MainReturned,
            Self::ScopeEnded { report, .. } => report.is_success(),
            _ => false,
        };
        if quiet && is_expected { None } else { self.sentence() }
    }

    /// Returns the sentence of the event. An event that the report also contains has none.
    pub(crate) fn sentence(&self) -> Option<String> {
        // The text contains names and errors of the user, which may contain line breaks.
        self.text().map(|text| OneLine(text).to_string())
    }

    fn text(&self) -> Option<String> {
        let append = |mark: &str, activity: &Option<String>| match activity {
            Some(activity) => format!("{mark} {activity}"),
            None => String::new(),
        };
        Some(match self {
            Self::Triggered
            | Self::PhaseBegan { .. }
            | Self::DrainingBegan { .. }
            | Self::HookEnded(_)
            | Self::Progress(_)
            | Self::Ended(_)
            | Self::CutOff(_) => return None,
            Self::Installed(text) | Self::Warning(text) | Self::Problem(text) => text.clone(),
            Self::Began { trigger, hooks, within } => began(trigger, *hooks, *within),
            Self::ScopeBegan { scope, trigger, hooks, within } => {
                format!("scope {scope}: {}", began(trigger, *hooks, *within))
            }
            Self::ScopeEnded { scope, report } => format!("scope {scope} ended: {}", report.headline()),
            Self::HookTimedOut { hook, after, activity } => {
                format!("{hook} timed out after {}{}", HumanDuration(*after), append(",", activity))
            }
            Self::StillRunning { hook, elapsed, remaining, activity } => {
                let (elapsed, remaining) = (HumanDuration(*elapsed), HumanDuration(*remaining));
                format!("{hook} still runs after {elapsed}, {remaining} left{}", append(":", activity))
            }
            Self::StillInFlight(work) => format!("waiting for {work}"),
            Self::WorkCutOff(work) => format!("no longer waiting for {work}"),
            Self::LaterTrigger(trigger) => {
                format!("{}: ignored, a shutdown is already in progress", trigger_line(trigger))
            }
            Self::FastShutdown(signal) => format!(
                "{signal} again: fast shutdown, without waiting for work in flight and with short timeouts; \
                 send it once more to end the process"
            ),
        })
    }
}

fn began(trigger: &Trigger, hooks: usize, within: Duration) -> String {
    let noun = if hooks == 1 { "hook" } else { "hooks" };
    format!("{}; {hooks} {noun} to run within {}", trigger_line(trigger), HumanDuration(within))
}
