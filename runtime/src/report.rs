//! Station 6: what happened to each hook in, the timeline that a person reads at 3 a.m. out.

use std::fmt;
use std::time::Duration;

use crate::drain::WorkInFlight;
use crate::hook::{Hook, Phase};
use crate::length::Length;
use crate::trigger::{Signal, Trigger};

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
    Skipped(String),
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
    /// What became of it.
    pub outcome: Outcome,
    /// When it started; `None` for a skipped one.
    pub start: Option<Duration>,
    /// How long it took, until it ended or was given up.
    pub duration: Duration,
    /// What it was doing when its time was over, where the system tells (Linux).
    pub doing: Option<String>,
}

impl HookReport {
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
            outcome,
            start,
            duration,
            doing: None,
        }
    }
}

/// How the program itself ended, which is graver than what its hooks did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnEnd {
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
    pub deadline: Duration,
    /// Whether the deadline came before the hooks had ended.
    pub deadline_came: bool,
    /// The signal that was repeated until it ended the process.
    pub forced: Option<Signal>,
    /// The program's own wish for its end.
    pub own_end: Option<OwnEnd>,
}

impl Report {
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
        let (took, deadline) = (Length(self.duration), Length(self.deadline));
        let forced = self.forced.map(|signal| format!("; cut short by a repeated {signal}")).unwrap_or_default();
        let late = if self.deadline_came { "; the deadline came" } else { "" };
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

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "shutdown report: {}", self.headline())?;
        let width = self.hooks.iter().map(|hook| hook.name.chars().count()).max().unwrap_or(0);
        let digits = self.hooks.iter().map(|hook| hook.priority.to_string().len()).max().unwrap_or(0).max(4);
        let mut phase = None;
        for hook in &self.hooks {
            let heading = if phase.replace(hook.phase) == Some(hook.phase) { "" } else { hook.phase.name() };
            let bar = Bar { start: hook.start, duration: hook.duration, whole: self.duration };
            write!(f, "  {heading:8} {:>digits$}  {:width$}  |{bar}|  ", hook.priority, hook.name)?;
            let start = hook.start.map_or(String::new(), |start| format!("+{}", Length(start)));
            write!(f, "{start:>9}  {:>8}  {}", Length(hook.duration), hook.outcome)?;
            if hook.outcome != Outcome::Completed {
                write!(f, " ({}:{})", hook.file, hook.line)?;
            }
            if let Some(doing) = &hook.doing {
                write!(f, "; {doing}")?;
            }
            writeln!(f)?;
        }
        self.in_flight.iter().try_for_each(|work| writeln!(f, "  cut off  {work}"))
    }
}

/// The hook's share of the whole, as a bar.
struct Bar {
    start: Option<Duration>,
    duration: Duration,
    whole: Duration,
}

impl Bar {
    const WIDTH: u128 = 24;

    fn column(&self, at: Duration) -> u128 {
        let whole = self.whole.as_nanos().max(1);
        (at.as_nanos() * Self::WIDTH / whole).min(Self::WIDTH)
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = match self.start {
            None => (Self::WIDTH, Self::WIDTH),
            // What ran is seen: at least one mark, even at the very end.
            Some(start) => {
                let from = self.column(start).min(Self::WIDTH - 1);
                (from, self.column(start + self.duration).max(from + 1))
            }
        };
        (0..Self::WIDTH).try_for_each(|column| f.write_str(if (from..to).contains(&column) { "#" } else { " " }))
    }
}
