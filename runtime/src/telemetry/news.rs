//! Defines what the shutdown reports while it runs, and the sentence for each.
//!
//! A sentence is one line, whatever the names, labels and errors in it hold.

use std::fmt;
use std::time::Duration;

use crate::drain::WorkInFlight;
use crate::hook::Hook;
use crate::duration_text::Length;
use crate::report::{HookReport, OneLine, Report};
use crate::trigger::{Signal, Trigger};

/// Something that happened.
#[derive(Clone, Debug)]
#[cfg_attr(not(any(feature = "tracing", feature = "metrics")), expect(dead_code, reason = "only listeners ask for it"))]
pub(crate) enum News {
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
        hook: Named,
        after: Duration,
        doing: Option<String>,
    },
    StillRunning {
        hook: Named,
        elapsed: Duration,
        remaining: Duration,
        doing: Option<String>,
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
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl Named {
    pub(crate) fn of(hook: &Hook) -> Self {
        Self { name: hook.name.to_string(), full_name: hook.full_name(), file: hook.file, line: hook.line }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.name, self.file, self.line)
    }
}

impl News {
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
        let after = |sign: &str, doing: &Option<String>| match doing {
            Some(doing) => format!("{sign} {doing}"),
            None => String::new(),
        };
        Some(match self {
            Self::Draining { .. } | Self::Ended(_) | Self::Report(_) => return None,
            Self::Installed(text) | Self::Advice(text) | Self::Trouble(text) => text.clone(),
            Self::Began { trigger, hooks, within } => {
                let noun = if *hooks == 1 { "hook" } else { "hooks" };
                format!("{trigger}; {hooks} {noun} to run within {}", Length(*within))
            }
            Self::TimedOut { hook, after: length, doing } => {
                format!("{hook} timed out after {}{}", Length(*length), after(",", doing))
            }
            Self::StillRunning { hook, elapsed, remaining, doing } => {
                let (elapsed, remaining) = (Length(*elapsed), Length(*remaining));
                format!("{hook} still runs after {elapsed}, {remaining} left{}", after(":", doing))
            }
            Self::Waiting(work) => format!("waiting for {work}"),
            Self::CutOff(work) => format!("not waited for any longer: {work}"),
            Self::Noted(trigger) => format!("{trigger}: noted, the shutdown goes on as it is"),
            Self::Hurry(signal) => format!(
                "{signal} again: no more waiting for work in flight, and short timeouts; once more ends the process"
            ),
        })
    }
}
