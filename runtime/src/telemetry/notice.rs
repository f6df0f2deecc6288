//! Defines the events of a shutdown that are logged, and the sentence for each.
//!
//! A sentence is one line: control characters in names, labels and errors are escaped.

use std::fmt;
use std::time::Duration;

use crate::drain::WorkInFlight;
use crate::duration_text::HumanDuration;
use crate::hook::HookRecord;
use crate::report::{HookReport, OneLine, Report, trigger_line};
use crate::trigger::{Signal, Trigger};

/// An event for the log.
#[derive(Clone, Debug)]
#[cfg_attr(not(any(feature = "tracing", feature = "metrics")), expect(dead_code, reason = "only telemetry reads all"))]
// Owned values: the worker emits the event later, when the hook may be gone.
pub(crate) enum Notice {
    /// The shutdown is installed.
    Installed(String),
    /// Something may differ from what the program's author expects.
    Warning(String),
    /// The shutdown began.
    Began { trigger: Trigger, hooks: usize, within: Duration },
    /// Draining began, with this much work in flight.
    DrainingBegan { in_flight: usize },
    /// A hook ended or was skipped.
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
    /// Something failed that does not affect the hooks.
    Problem(String),
    /// The shutdown has ended.
    Report(Box<Report>),
}

/// The name and the location of a hook.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only events of `tracing` have the full name"))]
pub(crate) struct HookLabel {
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl HookLabel {
    pub(crate) fn of(hook: &HookRecord) -> Self {
        Self { name: hook.name.to_string(), full_name: hook.full_name(), file: hook.file, line: hook.line }
    }
}

impl fmt::Display for HookLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.name, self.file, self.line)
    }
}

impl Notice {
    /// Returns the line for stderr. With `quiet`, an expected event has none.
    pub(crate) fn line(&self, quiet: bool) -> Option<String> {
        // Only these. Warnings, timeouts and problems are written even with `quiet`.
        let is_expected =
            matches!(self, Self::Installed(_) | Self::Began { .. } | Self::LaterTrigger(Trigger::MainReturned));
        if quiet && is_expected { None } else { self.sentence() }
    }

    /// Returns the sentence of the event. An event that the report also contains has none.
    pub(crate) fn sentence(&self) -> Option<String> {
        self.text().map(|text| OneLine(text).to_string())
    }

    fn text(&self) -> Option<String> {
        let append = |mark: &str, activity: &Option<String>| match activity {
            Some(activity) => format!("{mark} {activity}"),
            None => String::new(),
        };
        Some(match self {
            Self::DrainingBegan { .. } | Self::HookEnded(_) | Self::Report(_) => return None,
            Self::Installed(text) | Self::Warning(text) | Self::Problem(text) => text.clone(),
            Self::Began { trigger, hooks, within } => {
                let noun = if *hooks == 1 { "hook" } else { "hooks" };
                let trigger = trigger_line(trigger);
                format!("{trigger}; {hooks} {noun} to run within {}", HumanDuration(*within))
            }
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
