//! Defines the report: the trigger, and each hook's outcome, start and duration. `Display` draws the timeline.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::drain::WorkInFlight;
use crate::duration_text::HumanDuration;
use crate::hook::type_names::without_paths;
use crate::hook::{self, HookError, HookRecord, Missing, Phase, ProvidedType};
use crate::inspect::OpenConnection;
use crate::plan::kept_time::{self, KeptTime};
use crate::trigger::{Signal, Trigger};

pub(crate) use one_line::{OneLine, cut};
use process_info::ProcessInfo;
pub(crate) use text::TextOptions;

pub(crate) mod file;
#[cfg(feature = "json")]
mod json;
mod one_line;
pub(crate) mod process_info;
#[cfg(test)]
pub(crate) mod sample;
mod text;
pub(crate) mod wall_clock;

/// Describes how a hook ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The hook returned without an error.
    Completed,
    /// The hook returned an error. Holds its text, as `{:#}` prints it, and the error itself.
    Failed(HookError),
    /// The hook panicked. Holds the message of the panic.
    Panicked(String),
    /// The hook did not end within its time.
    TimedOut {
        /// `false`: the hook's future was dropped. `true`: the hook could not be stopped, and still holds its thread.
        abandoned: bool,
    },
    /// The hook was not started.
    Skipped(SkipReason),
}

/// Describes why a hook was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// The program did not provide a value for a parameter that is not an `Option`.
    MissingValue {
        /// The type of the parameter.
        type_name: String,
        /// A value of a similar type that the program provided, such as an `Arc<Db>` where the hook takes a `Db`.
        similar: Option<SimilarValue>,
    },
    /// The time of the hook's phase had run out.
    NoTimeLeft,
    /// The hook is `after` a hook that was abandoned, directly or through other hooks. Both may use the same resource.
    AfterAbandoned {
        /// The name of the hook that was abandoned.
        hook: String,
    },
    /// The shutdown ended first: at the deadline, or by a repeated signal.
    CutShort,
    /// The program dropped the [`HookGuard`](crate::HookGuard) of the hook after the trigger, before the hook started.
    GuardDropped,
}

/// Describes a provided value whose type is similar to the type of a parameter.
///
/// The types differ by `Arc`, `Box`, `Option`, `Mutex`, `RwLock` or a reference, or they have the same name in different
/// modules, crates or versions of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimilarValue {
    /// The type of the value.
    pub type_name: String,
    /// The source file that called [`provide`](crate::provide).
    pub file: String,
    /// The line in the source file.
    pub line: u32,
}

impl SimilarValue {
    /// Writes what is missing and what was provided. Module paths are left out, unless only they tell the types apart.
    fn write_instead_of(&self, wanted: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (short_wanted, short_found) = (without_paths(wanted), without_paths(&self.type_name));
        let (wanted, found) = if short_wanted == short_found {
            (wanted, self.type_name.as_str())
        } else {
            (short_wanted.as_str(), short_found.as_str())
        };
        let article = if found.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']) { "an" } else { "a" };
        let version = if wanted == found { " of another version of its crate" } else { "" };
        let Self { file, line, .. } = self;
        write!(f, "no `{wanted}` was provided, but {article} `{found}`{version} was, at {file}:{line}")
    }
}

impl From<Missing> for SkipReason {
    fn from(Missing { type_name, similar }: Missing) -> Self {
        let similar = similar.map(|ProvidedType { name, location }| SimilarValue {
            type_name: name.to_owned(),
            file: location.file().to_owned(),
            line: location.line(),
        });
        Self::MissingValue { type_name: type_name.to_owned(), similar }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingValue { type_name, similar: None } => write!(f, "no `{type_name}` was provided"),
            Self::MissingValue { type_name, similar: Some(similar) } => similar.write_instead_of(type_name, f),
            Self::NoTimeLeft => f.write_str("no time was left"),
            Self::AfterAbandoned { hook } => write!(f, "it is after {hook}, which was abandoned"),
            Self::CutShort => f.write_str("the shutdown was cut short"),
            Self::GuardDropped => f.write_str("its guard was dropped during the shutdown"),
        }
    }
}

impl Outcome {
    /// Returns the outcome in one word: `completed`, `failed`, `panicked`, `timed_out` or `skipped`.
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

/// Describes what happened to one hook. Times count from the trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookReport {
    /// The name of the function, or the name that was registered.
    pub name: String,
    /// The module of the function. Empty for a hook that was registered at run time.
    pub module: String,
    /// The source file of the attribute, or of the call that registered the hook.
    pub file: String,
    /// The line in the source file.
    pub line: u32,
    /// The phase of the hook.
    pub phase: Phase,
    /// The priority inside the phase.
    pub priority: i32,
    /// The package of the hook. Empty for a hook that was registered at run time.
    pub package: String,
    /// The version of the package.
    pub version: String,
    /// The timeout of the hook. The hook had less time if time was short.
    pub timeout: Duration,
    /// How the hook ended.
    pub outcome: Outcome,
    /// When the hook started. `None` if it was skipped.
    pub start: Option<Duration>,
    /// How long the hook ran, until it ended, was cancelled or was abandoned.
    pub duration: Duration,
    /// What the hook was doing when its time ran out, or why it was not inspected. `None` if the system does not tell: on
    /// other systems than Linux, and without `/proc`.
    pub activity: Option<String>,
    /// How many tasks the hook had spawned that had not ended a moment after it returned. They were dropped.
    pub left_tasks: usize,
}

impl HookReport {
    /// Returns the module and the name: `orders::flush`.
    #[must_use]
    pub fn full_name(&self) -> String {
        hook::full_name(&self.module, &self.name)
    }

    pub(crate) fn is_overdue(&self) -> bool {
        matches!(self.outcome, Outcome::TimedOut { .. })
    }

    pub(crate) fn new(hook: &HookRecord, outcome: Outcome, start: Option<Duration>, duration: Duration) -> Self {
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

/// Describes how the program itself ended. Takes precedence over the outcomes of hooks for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgramExit {
    /// `main` returned an error.
    MainFailed,
    /// `main` panicked.
    MainPanicked,
    /// A [`Task`](crate::Task) returned an error, or ended unexpectedly.
    TaskFailed,
    /// A [`Task`](crate::Task) panicked.
    TaskPanicked,
    /// The program requested this exit code.
    Requested(u8),
}

/// Describes a whole shutdown.
///
/// `Display` draws a timeline with one line for each hook. With the feature `json`, a report is `Serialize`.
/// [`Handle::wait`](crate::Handle::wait) returns the report with
/// [`ExitMode::Return`](crate::ExitMode::Return), and so does the feature `testing`. With the other exit modes the
/// report is only written: to `tracing` or stderr, and to [`Settings::report_file`](crate::Settings::report_file).
///
/// ```
/// use on_shutdown::{Outcome, Report};
///
/// fn log_failures(report: &Report) {
///     if report.is_success() {
///         return;
///     }
///     for hook in report.hooks.iter().filter(|hook| hook.outcome != Outcome::Completed) {
///         eprintln!("{} ({}:{}) {}", hook.full_name(), hook.file, hook.line, hook.outcome);
///     }
/// }
/// # let _ = log_failures;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Why the program stopped.
    pub trigger: Trigger,
    /// The process that has stopped. `None` in a test under a virtual clock, whose report must not change from run to run.
    pub process: Option<ProcessInfo>,
    /// All hooks, in the order of the plan.
    pub hooks: Vec<HookReport>,
    /// The work that was still in flight when the drain phase stopped waiting for it.
    pub in_flight: Vec<WorkInFlight>,
    /// When and for which hooks the drain phase stopped waiting. `None` if no work was cut off.
    pub cut_off: Option<CutOff>,
    /// The time from the trigger to the end of the last hook.
    pub duration: Duration,
    /// The time from the trigger to the deadline.
    pub budget: Duration,
    /// Whether the deadline passed before all hooks had ended.
    pub deadline_exceeded: bool,
    /// The signal whose repetition ended the process.
    pub forced: Option<Signal>,
    /// How the program itself ended, if that determines the exit code.
    pub program_exit: Option<ProgramExit>,
    /// The time of the trigger by the system clock. All other times count from it, by a clock that is never set.
    pub triggered_at: SystemTime,
    /// When draining began. `None` if the shutdown ended first.
    pub draining: Option<Duration>,
    /// When the last new work came, to about 10 ms: a request, a job, what else the program marks as work in flight.
    /// `None` if no work began after the trigger, or if no whole drain delay has passed.
    ///
    /// Work that comes until draining begins is a sign that gateways still send, and that a longer drain delay is needed.
    pub last_new_work: Option<Duration>,
    /// How much work was in flight during the drain phase: one sample for each change that was seen.
    pub in_flight_samples: Vec<InFlightSample>,
    /// The first [`Report::MAX_LATER_TRIGGERS`] signals and requests that came after the trigger.
    pub later_triggers: Vec<LaterTrigger>,
    /// The exit code of the process. With [`ExitMode::Return`](crate::ExitMode::Return), the recommended one.
    pub exit_code: u8,
}

/// Describes why the drain phase stopped waiting for work in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CutOff {
    /// When it stopped. Counts from the trigger.
    pub at: Duration,
    /// The [maximum drain time](crate::Settings::max_drain_time), if it ended the wait.
    pub max_drain_time: Option<Duration>,
    /// The hooks that the rest of the time was kept for. Empty if the maximum drain time, a signal or the deadline ended
    /// the wait.
    pub kept_for: Vec<KeptTime>,
    /// The open TCP connections of the program, on Linux: those of low ports first, at most 8.
    ///
    /// All connections of the program, because the system does not know which one the work belongs to.
    pub connections: Vec<OpenConnection>,
    /// How many other open TCP connections the program had.
    pub more_connections: usize,
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, max_drain_time, kept_for, .. } = self;
        write!(f, "work in flight was waited for until +{}", HumanDuration(*at))?;
        if let Some(time) = max_drain_time {
            return write!(f, ", as the maximum drain time of {} was over", HumanDuration(*time));
        }
        match &*kept_time::list(kept_for) {
            "" => Ok(()),
            hooks => write!(f, "; the rest was kept for {hooks}"),
        }
    }
}

/// Tells how much work was in flight at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InFlightSample {
    /// The time since the trigger.
    pub at: Duration,
    /// The number of pieces of work.
    pub count: usize,
}

/// Describes a signal or a request that came during the shutdown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaterTrigger {
    /// The time since the trigger.
    pub at: Duration,
    /// The signal or the request.
    pub trigger: Trigger,
}

/// Maximum size of the trigger in a headline, in bytes, if it is an error of `main` or of a task. The end of the report has it all.
pub(crate) const MAX_ERROR_IN_HEADLINE: usize = 256;

/// Returns the trigger for a headline. Shortens an error of `main` or of a task.
pub(crate) fn trigger_line(trigger: &Trigger) -> String {
    let has_details = matches!(trigger, Trigger::MainFailed { .. } | Trigger::TaskFailed { .. });
    let most = if has_details { MAX_ERROR_IN_HEADLINE } else { usize::MAX };
    cut(trigger.to_string(), most)
}

impl Report {
    /// The maximum number of [`later_triggers`](Self::later_triggers).
    // A process that sends signals in a loop must not exhaust the memory.
    pub const MAX_LATER_TRIGGERS: usize = 64;

    /// Returns whether the whole shutdown went well.
    ///
    /// That is the case if all hooks completed, no work in flight was cut off, the deadline was kept, no repeated signal
    /// forced the end, and the program itself did not fail or request an exit code other than 0.
    ///
    /// The answer does not depend on [`Settings::signal_exit_code`](crate::Settings::signal_exit_code). It is `false`
    /// for a program that requests exit code 0 although a hook failed, and if a hook was skipped because its
    /// [`HookGuard`](crate::HookGuard) was dropped. The exit code is 0 then.
    #[must_use]
    pub fn is_success(&self) -> bool {
        // As the table of exit codes, but for codes that the program chose. A test in `exit` compares both.
        self.hooks.iter().all(|hook| hook.outcome == Outcome::Completed)
            && self.in_flight.is_empty()
            && !self.deadline_exceeded
            && self.forced.is_none()
            && matches!(self.program_exit, None | Some(ProgramExit::Requested(0)))
    }

    /// Returns what happened to a hook, by its full name (`orders::flush`) or by its name alone.
    ///
    /// If several hooks have the name, returns the first.
    #[must_use]
    pub fn hook(&self, name: &str) -> Option<&HookReport> {
        self.hooks.iter().find(|hook| hook.full_name() == name || hook.name == name)
    }

    /// Returns how many hooks were abandoned. Each of them holds a thread.
    #[must_use]
    pub fn abandoned_threads(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::TimedOut { abandoned: true }))
    }

    fn count(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        self.hooks.iter().filter(|hook| wanted(&hook.outcome)).count()
    }

    /// Returns a summary in one line: the trigger, how many hooks had which outcome, and the time.
    pub(crate) fn headline(&self) -> String {
        format!("{}; {}", trigger_line(&self.trigger), self.result())
    }

    /// Returns the headline without the trigger.
    pub(crate) fn result(&self) -> String {
        let (took, deadline) = (HumanDuration(self.duration), HumanDuration(self.budget));
        let forced = self.forced.map(|signal| format!("; cut short by a repeated {signal}")).unwrap_or_default();
        let late = if self.deadline_exceeded { "; the deadline came" } else { "" };
        format!("{} in {took} of {deadline}{forced}{late}", self.summary())
    }

    fn summary(&self) -> String {
        let counts = [
            (self.count(|outcome| matches!(outcome, Outcome::Completed)), "completed"),
            (self.count(|outcome| matches!(outcome, Outcome::Failed(_))), "failed"),
            (self.count(|outcome| matches!(outcome, Outcome::Panicked(_))), "panicked"),
            (self.count(|outcome| matches!(outcome, Outcome::TimedOut { .. })), "timed out"),
            (self.count(|outcome| matches!(outcome, Outcome::Skipped(_))), "skipped"),
        ];
        // Outcomes that did not occur would hide those that did.
        let shown = counts.iter().filter(|(count, _)| *count > 0);
        let mut parts: Vec<String> = shown.map(|(count, name)| format!("{count} {name}")).collect();
        let cut_off: usize = self.in_flight.iter().map(|work| work.count).sum();
        if parts.is_empty() {
            parts.push("no hooks".to_owned());
            // A program without hooks waits for its work, and a report that says "no hooks" alone would hide that.
            let most = self.in_flight_samples.iter().map(|sample| sample.count).max().unwrap_or(0);
            if most > 0 && cut_off == 0 {
                parts.push(format!("all work in flight ended (at most {most})"));
            }
        }
        if cut_off > 0 {
            parts.push(format!("{cut_off} in flight cut off"));
        }
        parts.join(", ")
    }
}
