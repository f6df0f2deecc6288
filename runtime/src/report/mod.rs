//! Station 6: what happened to each hook in, the timeline that a person reads at 3 a.m. out.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::drain::WorkInFlight;
use crate::duration_text::HumanDuration;
use crate::hook::{self, Hook, Phase};
use crate::trigger::{Signal, Trigger};

pub(crate) use one_line::{OneLine, cut};
pub(crate) use text::TextOptions;

pub(crate) mod file;
#[cfg(feature = "json")]
mod json;
mod one_line;
#[cfg(test)]
pub(crate) mod sample;
mod text;

/// What became of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned, without an error.
    Completed,
    /// It returned an error: its text.
    Failed(String),
    /// It panicked: the message.
    Panicked(String),
    /// It did not end in the time it had.
    TimedOut {
        /// False: its future was dropped and it is gone. True: it could not be stopped; its thread was left behind.
        abandoned: bool,
    },
    /// It was never started: why.
    Skipped(SkipReason),
}

/// Why a hook was never started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// No value was provided for a parameter that must have one.
    MissingValue {
        /// The parameter's type.
        type_name: String,
    },
    /// The time of its phase was over before its turn came.
    NoTimeLeft,
    /// The hook waits for a hook that was abandoned and may still use what both use, directly or through others.
    AfterAbandoned {
        /// The name of the hook that was abandoned.
        hook: String,
    },
    /// The shutdown ended before its turn came: at the deadline, or by a repeated signal.
    CutShort,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingValue { type_name } => write!(f, "no `{type_name}` was provided"),
            Self::NoTimeLeft => f.write_str("no time was left"),
            Self::AfterAbandoned { hook } => write!(f, "it is after {hook}, which was abandoned"),
            Self::CutShort => f.write_str("the shutdown was cut short"),
        }
    }
}

impl Outcome {
    /// One word for it: `completed`, `failed`, `panicked`, `timed_out` or `skipped`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed(_) => "failed",
            Self::Panicked(_) => "panicked",
            Self::TimedOut { .. } => "timed_out",
            Self::Skipped(_) => "skipped",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::TimedOut { abandoned: false } => f.write_str("timed out, cancelled"),
            Self::TimedOut { abandoned: true } => f.write_str("timed out, abandoned with its thread"),
            Self::Skipped(reason) => write!(f, "skipped: {reason}"),
        }
    }
}

/// One hook's line in the report. Times count from the trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookReport {
    /// The function's name.
    pub name: String,
    /// The module that holds it.
    pub module: String,
    /// Source file of the attribute.
    pub file: String,
    /// Line of the attribute.
    pub line: u32,
    /// When it ran.
    pub phase: Phase,
    /// Its priority in the phase.
    pub priority: i32,
    /// The package that brings it; empty for a hook that was registered at run time.
    pub package: String,
    /// That package's version.
    pub version: String,
    /// How long it might have taken; less where time was short.
    pub timeout: Duration,
    /// What became of it.
    pub outcome: Outcome,
    /// When it started; `None` for a skipped one.
    pub start: Option<Duration>,
    /// How long it took, until it ended or was given up.
    pub duration: Duration,
    /// What it was activity when its time was over, where the system tells (Linux).
    pub activity: Option<String>,
    /// How many tasks it had spawned and not awaited that had not ended a moment after it returned; they were dropped.
    pub left_tasks: usize,
}

impl HookReport {
    /// Module and function, `orders::flush`.
    #[must_use]
    pub fn full_name(&self) -> String {
        hook::full_name(&self.module, &self.name)
    }

    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self.outcome, Outcome::TimedOut { .. })
    }

    pub(crate) fn new(hook: &Hook, outcome: Outcome, start: Option<Duration>, duration: Duration) -> Self {
        Self {
            name: hook.name.to_string(),
            module: hook.module.to_owned(),
            file: hook.file.to_owned(),
            line: hook.line,
            phase: hook.phase,
            priority: hook.priority,
            package: hook.package.to_owned(),
            version: hook.version.to_owned(),
            timeout: hook.timeout,
            outcome,
            start,
            duration,
            activity: None,
            left_tasks: 0,
        }
    }
}

/// How the program itself ended, which is graver than what its hooks did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgramExit {
    /// `main` returned an error.
    MainFailed,
    /// `main` panicked.
    MainPanicked,
    /// The program asked for this exit code.
    Asked(u8),
}

/// A whole shutdown, told afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Why the program stopped.
    pub trigger: Trigger,
    /// Every hook, in the plan's order.
    pub hooks: Vec<HookReport>,
    /// Work in flight that the drain phase waited for in vain.
    pub in_flight: Vec<WorkInFlight>,
    /// From the trigger to the end of the last hook.
    pub duration: Duration,
    /// From the trigger to the deadline.
    pub budget: Duration,
    /// Whether the deadline came before the hooks had ended.
    pub deadline_exceeded: bool,
    /// The signal that was repeated until it ended the process.
    pub forced: Option<Signal>,
    /// The program's own wish for its end.
    pub program_exit: Option<ProgramExit>,
    /// The trigger's instant by the wall clock, which may have been set meanwhile: all other times count from it.
    pub triggered_at: SystemTime,
    /// When draining began; `None` where the end came before.
    pub draining: Option<Duration>,
    /// How much work was in flight, each time that it was seen to have changed while the drain phase waited for it.
    pub in_flight_samples: Vec<InFlightSample>,
    /// The signals and requests that came after the trigger, the first [`Report::MAX_LATER_TRIGGERS`] of them.
    pub later_triggers: Vec<LaterTrigger>,
    /// What the process ended with, or would have with [`ExitMode::Return`](crate::ExitMode::Return).
    pub exit_code: u8,
}

/// How much work was in flight at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InFlightSample {
    /// When, counted from the trigger.
    pub at: Duration,
    /// How many pieces of work.
    pub count: usize,
}

/// A signal or a request that came during the shutdown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaterTrigger {
    /// When, counted from the trigger.
    pub at: Duration,
    /// What.
    pub trigger: Trigger,
}

impl Report {
    /// More signals and requests than this are not kept.
    pub const MAX_LATER_TRIGGERS: usize = 64;

    /// What happened to the hook with this full name (`orders::flush`), or with this name of its own.
    #[must_use]
    pub fn hook(&self, name: &str) -> Option<&HookReport> {
        self.hooks.iter().find(|hook| hook.full_name() == name || hook.name == name)
    }

    /// How many threads were left behind in hooks that could not be stopped.
    #[must_use]
    pub fn abandoned_threads(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::TimedOut { abandoned: true }))
    }

    fn count(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        self.hooks.iter().filter(|hook| wanted(&hook.outcome)).count()
    }

    /// All of it in one line.
    pub(crate) fn headline(&self) -> String {
        let (took, deadline) = (HumanDuration(self.duration), HumanDuration(self.budget));
        let forced = self.forced.map(|signal| format!("; cut short by a repeated {signal}")).unwrap_or_default();
        let late = if self.deadline_exceeded { "; the deadline came" } else { "" };
        format!("{}; {} in {took} of {deadline}{forced}{late}", self.trigger, self.summary())
    }

    fn summary(&self) -> String {
        let counts = [
            (self.count(|outcome| matches!(outcome, Outcome::Completed)), "completed"),
            (self.count(|outcome| matches!(outcome, Outcome::Failed(_))), "failed"),
            (self.count(|outcome| matches!(outcome, Outcome::Panicked(_))), "panicked"),
            (self.count(|outcome| matches!(outcome, Outcome::TimedOut { .. })), "timed out"),
            (self.count(|outcome| matches!(outcome, Outcome::Skipped(_))), "skipped"),
        ];
        let shown = counts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = shown.map(|(count, name)| format!("{count} {name}")).collect();
        if parts.is_empty() { "no hooks".to_owned() } else { parts.join(", ") }
    }
}
