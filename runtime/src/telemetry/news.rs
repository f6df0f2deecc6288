//! Defines what the shutdown reports while it runs, and the sentence for each.
//!
//! A sentence is one line, whatever the names, labels and errors in it hold.

use std::fmt;
use std::time::Duration;

use crate::drain::WorkInFlight;
use crate::duration_text::HumanDuration;
use crate::hook::Hook;
use crate::report::{HookReport, OneLine, Report};
use crate::trigger::{Signal, Trigger};

/// Something that happened.
#[derive(Clone, Debug)]
#[cfg_attr(not(any(feature = "tracing", feature = "metrics")), expect(dead_code, reason = "only listeners ask for it"))]
pub(crate) enum Notice {
    /// The shutdown is installed.
    Installed(String),
    /// Something will not be as the program's author may think.
    Advice(String),
    Began {
        trigger: Trigger,
        hooks: usize,
        within: Duration,
    },
    /// Draining began with so much work in flight.
    Draining {
        in_flight: usize,
    },
    Ended(Box<HookReport>),
    TimedOut {
        hook: HookLabel,
        after: Duration,
        activity: Option<String>,
    },
    StillRunning {
        hook: HookLabel,
        elapsed: Duration,
        remaining: Duration,
        activity: Option<String>,
    },
    Waiting(WorkInFlight),
    CutOff(WorkInFlight),
    Noted(Trigger),
    Hurry(Signal),
    /// Something went wrong that changes nothing else.
    Trouble(String),
    Report(Box<Report>),
}

/// A hook's name and place.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only an event has the full name"))]
pub(crate) struct HookLabel {
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl HookLabel {
    pub(crate) fn of(hook: &Hook) -> Self {
        Self { name: hook.name.to_string(), full_name: hook.full_name(), file: hook.file, line: hook.line }
    }
}

impl fmt::Display for HookLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.name, self.file, self.line)
    }
}

impl Notice {
    /// Returns the line for stderr. With `quiet` there is none for what is expected.
    pub(crate) fn line(&self, quiet: bool) -> Option<String> {
        let expected = matches!(self, Self::Installed(_) | Self::Began { .. } | Self::Noted(Trigger::MainReturned));
        if quiet && expected { None } else { self.sentence() }
    }

    /// Returns the sentence for it. Without one: what the report contains anyway.
    pub(crate) fn sentence(&self) -> Option<String> {
        self.text().map(|text| OneLine(text).to_string())
    }

    fn text(&self) -> Option<String> {
        let after = |sign: &str, activity: &Option<String>| match activity {
            Some(activity) => format!("{sign} {activity}"),
            None => String::new(),
        };
        Some(match self {
            Self::Draining { .. } | Self::Ended(_) | Self::Report(_) => return None,
            Self::Installed(text) | Self::Advice(text) | Self::Trouble(text) => text.clone(),
            Self::Began { trigger, hooks, within } => {
                let noun = if *hooks == 1 { "hook" } else { "hooks" };
                format!("{trigger}; {hooks} {noun} to run within {}", HumanDuration(*within))
            }
            Self::TimedOut { hook, after: length, activity } => {
                format!("{hook} timed out after {}{}", HumanDuration(*length), after(",", activity))
            }
            Self::StillRunning { hook, elapsed, remaining, activity } => {
                let (elapsed, remaining) = (HumanDuration(*elapsed), HumanDuration(*remaining));
                format!("{hook} still runs after {elapsed}, {remaining} left{}", after(":", activity))
            }
            Self::Waiting(work) => format!("waiting for {work}"),
            Self::CutOff(work) => format!("not waited for any longer: {work}"),
            Self::Noted(trigger) => format!("{trigger}: later_triggers, the shutdown goes on as it is"),
            Self::Hurry(signal) => format!(
                "{signal} again: no more waiting for work in flight, and short timeouts; once more ends the process"
            ),
        })
    }
}
