//! Defines the report as plain values.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use crate::human_duration::HumanDuration;
use crate::json::{optional_seconds, seconds};
use crate::one_line::OneLine;

/// The name of the phase in which the runtime waits for work in flight.
pub(crate) const DRAIN_PHASE: &str = "drain";

/// A whole shutdown. All times count from the trigger, except [`triggered_at`](Self::triggered_at).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Why the program stopped.
    pub trigger: Trigger,
    /// The process that stopped; `None` if the report does not say.
    pub process: Option<ProcessInfo>,
    /// The trigger's time by the wall clock; `None` if the report does not say.
    pub triggered_at: Option<SystemTime>,
    /// The exit code of the process.
    pub exit_code: u8,
    /// From the trigger to the end of the last hook.
    pub duration: Duration,
    /// From the trigger to the deadline.
    pub budget: Duration,
    /// Whether the deadline passed before the hooks had ended.
    pub deadline_exceeded: bool,
    /// The name of the signal that was repeated until the process ended.
    pub forced: Option<String>,
    /// How the program itself asked to end, if that decides the exit code.
    pub program_exit: Option<ProgramExit>,
    /// When draining began; `None` if the shutdown ended before.
    pub draining: Option<Duration>,
    /// When the last new work came; `None` if none came after the trigger, or if no whole drain delay has passed.
    pub last_new_work: Option<Duration>,
    /// The names of all phases, in the order in which they run.
    pub phases: Vec<String>,
    /// Every hook, in the order of the plan.
    pub hooks: Vec<Hook>,
    /// Work that was still in flight when the runtime stopped waiting for it.
    pub in_flight: Vec<WorkInFlight>,
    /// Why the runtime stopped waiting for that work; `None` if there was none, or if the report does not say.
    pub cut_off: Option<CutOff>,
    /// The number of pieces of work in flight, each time that it changed while the runtime waited.
    pub in_flight_samples: Vec<InFlightSample>,
    /// The signals and requests that came after the trigger.
    pub later_triggers: Vec<LaterTrigger>,
}

/// The process that a report is about. `Display` writes `orders 1.4.2, pid 1 on web-7f9c`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// The name by which the program was started.
    pub name: String,
    /// The version of the program, if known.
    pub version: Option<String>,
    /// The process id; in a container, that inside of the container.
    pub pid: u32,
    /// The name of the host or of the container, if known.
    pub host: Option<String>,
}

impl fmt::Display for ProcessInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, pid, host } = self;
        write!(f, "{}", OneLine(name))?;
        version.iter().try_for_each(|version| write!(f, " {}", OneLine(version)))?;
        write!(f, ", pid {pid}")?;
        host.iter().try_for_each(|host| write!(f, " on {}", OneLine(host)))
    }
}

/// What happened to one hook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hook {
    /// The function's name, without its module.
    pub name: String,
    /// The module of the function; empty for a hook that was registered at run time.
    pub module: String,
    /// The source file.
    pub file: String,
    /// The line in the source file.
    pub line: u32,
    /// The name of the phase in which the hook ran.
    pub phase: String,
    /// The priority in its phase.
    pub priority: i32,
    /// The package that declares the hook; empty for a hook that was registered at run time.
    pub package: String,
    /// The version of that package.
    pub version: String,
    /// The declared timeout.
    pub timeout: Duration,
    /// When the hook started; `None` if it never started.
    pub start: Option<Duration>,
    /// How long the hook ran, until it ended or was abandoned.
    pub duration: Duration,
    /// How it ended.
    pub outcome: Outcome,
    /// What the hook was doing at its timeout, if the runtime could detect it.
    pub activity: Option<String>,
    /// The number of tasks that the hook had spawned and that were unfinished shortly after it ended. The runtime dropped
    /// these tasks.
    pub left_tasks: usize,
}

/// How a hook ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It returned without an error.
    Completed,
    /// It returned this error.
    Failed(String),
    /// It panicked with this message.
    Panicked(String),
    /// It did not end within its time.
    TimedOut {
        /// Whether the hook held its thread and was left behind. Otherwise its future was dropped.
        abandoned: bool,
    },
    /// It never ran, for this reason.
    Skipped(String),
}

/// How the program itself ended, or asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProgramExit {
    /// `main` returned an error.
    MainFailed,
    /// `main` panicked.
    MainPanicked,
    /// A task returned an error, or ended unexpectedly.
    TaskFailed,
    /// A task panicked.
    TaskPanicked,
    /// The program asked for an exit code.
    Requested {
        /// The exit code.
        code: u8,
    },
}

/// Why a program stops.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trigger {
    /// A signal arrived.
    Signal {
        /// The name of the signal: `SIGTERM`.
        signal: String,
        /// The process id of the sender, if known; 0 if the sender is outside the container.
        sender_pid: Option<i32>,
        /// The user id of the sender, if known.
        sender_uid: Option<u32>,
        /// What the sender calls itself, if known.
        #[serde(default)]
        sender_name: Option<String>,
    },
    /// The program requested it.
    Request {
        /// The reason that the program gave.
        label: String,
    },
    /// `main` returned without an error.
    MainReturned,
    /// `main` returned an error.
    MainFailed {
        /// The error and its causes, in one line.
        error: String,
        /// All lines of the error. Empty if `error` says it all, and in reports of earlier versions.
        #[serde(default)]
        details: String,
    },
    /// `main` panicked.
    MainPanicked {
        /// The panic's message.
        message: String,
    },
    /// A task that the program depends on returned an error.
    TaskFailed {
        /// The name of the task.
        name: String,
        /// The source file in which the task was made.
        file: String,
        /// The line in the source file.
        line: u32,
        /// The error and its causes, in one line.
        error: String,
        /// All lines of the error. Empty if `error` says it all.
        details: String,
    },
    /// A task that the program depends on panicked.
    TaskPanicked {
        /// The name of the task.
        name: String,
        /// The source file in which the task was made.
        file: String,
        /// The line in the source file.
        line: u32,
        /// The panic's message.
        message: String,
    },
    /// A task that the program depends on ended without an error, before a shutdown had begun.
    TaskEnded {
        /// The name of the task.
        name: String,
        /// The source file in which the task was made.
        file: String,
        /// The line in the source file.
        line: u32,
    },
}

impl Trigger {
    /// Returns the error with all its lines, and what failed. `None` if the headline shows the whole error.
    pub(crate) fn error_details(&self) -> Option<(String, &str)> {
        let (owner, details) = match self {
            Self::MainFailed { details, .. } => ("main".to_owned(), details),
            Self::TaskFailed { name, details, .. } => (format!("task {name}"), details),
            _ => return None,
        };
        (!details.is_empty()).then_some((owner, details))
    }
}

/// Work of one name and one location that was still in flight at the end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct WorkInFlight {
    /// The name of the work.
    pub name: String,
    /// How many pieces.
    pub count: usize,
    /// The age of the oldest piece.
    #[serde(deserialize_with = "seconds")]
    pub oldest: Duration,
    /// The source file in which the work was started.
    #[serde(default)]
    pub file: String,
    /// The line in that file.
    #[serde(default)]
    pub line: u32,
}

/// Why the runtime stopped waiting for work in flight.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CutOff {
    /// When it stopped.
    #[serde(deserialize_with = "seconds")]
    pub at: Duration,
    /// The maximum drain time, if it ended the wait.
    #[serde(default, deserialize_with = "optional_seconds")]
    pub max_drain_time: Option<Duration>,
    /// The later hooks that the rest of the time was kept for.
    #[serde(default)]
    pub kept_for: Vec<KeptTime>,
    /// Some of the TCP connections that were open.
    #[serde(default)]
    pub connections: Vec<OpenConnection>,
    /// How many other TCP connections were open.
    #[serde(default)]
    pub more_connections: usize,
}

/// A TCP connection that was open when work in flight was cut off.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct OpenConnection {
    /// The address of the program's side.
    pub local: String,
    /// The address of the other side.
    pub peer: String,
    /// The state, as `ss` names it.
    pub state: String,
    /// How many bytes had arrived that the program had not read.
    #[serde(default)]
    pub unread: u32,
    /// How many bytes the program had written that the other side had not confirmed.
    #[serde(default)]
    pub unsent: u32,
}

/// A hook, and the time that was kept for it while work in flight was waited for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct KeptTime {
    /// The full name of the hook.
    pub hook: String,
    /// The time that was kept.
    #[serde(deserialize_with = "seconds")]
    pub time: Duration,
}

/// How much work was in flight at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InFlightSample {
    /// The time.
    pub at: Duration,
    /// How many pieces of work.
    pub count: usize,
}

/// A signal or a request that came during the shutdown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct LaterTrigger {
    /// The time.
    #[serde(deserialize_with = "seconds")]
    pub at: Duration,
    /// The signal or the request.
    pub trigger: Trigger,
}

impl Report {
    /// Returns the position of a phase in the order of phases.
    pub(crate) fn phase_position(&self, phase: &str) -> usize {
        self.phases.iter().position(|known| known == phase).unwrap_or(self.phases.len())
    }

    /// Returns the hooks of the phases up to the drain phase, and the hooks of later phases.
    pub(crate) fn split_after_drain(&self) -> (&[Hook], &[Hook]) {
        let drain = self.phase_position(DRAIN_PHASE);
        let until = self.hooks.iter().position(|hook| self.phase_position(&hook.phase) > drain);
        self.hooks.split_at(until.unwrap_or(self.hooks.len()))
    }
}

impl Hook {
    /// Returns module and name, `orders::flush`.
    #[must_use]
    pub fn full_name(&self) -> String {
        if self.module.is_empty() { self.name.clone() } else { format!("{}::{}", self.module, self.name) }
    }

    /// Returns how many tasks the hook left: `left 1 task unfinished`; `None` if it left no task.
    pub(crate) fn left_tasks_text(&self) -> Option<String> {
        match self.left_tasks {
            0 => None,
            1 => Some("left 1 task unfinished".to_owned()),
            more => Some(format!("left {more} tasks unfinished")),
        }
    }

    /// Returns start and end of the hook's run; `None` if the hook never ran.
    ///
    /// A hook that was skipped for a missing value has a start, because its turn came, and still did not run.
    pub(crate) fn run_time(&self) -> Option<(Duration, Duration)> {
        let start = self.start.filter(|_| !matches!(self.outcome, Outcome::Skipped(_)))?;
        Some((start, start.saturating_add(self.duration)))
    }
}

impl Outcome {
    /// Returns the name that JSON has for it: `completed`, `failed`, `panicked`, `timed_out` or `skipped`.
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

    /// Returns the error, the panic's message, or the reason for skipping.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Failed(why) | Self::Panicked(why) | Self::Skipped(why) => Some(why),
            Self::Completed | Self::TimedOut { .. } => None,
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

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal { signal, sender_pid: None, .. } => f.write_str(signal),
            Self::Signal { signal, sender_pid: Some(0), .. } => write!(f, "{signal} from outside the container"),
            Self::Signal { signal, sender_pid: Some(pid), sender_uid, sender_name } => {
                write!(f, "{signal} from pid {pid}")?;
                sender_uid.iter().try_for_each(|uid| write!(f, ", uid {uid}"))?;
                sender_name.iter().try_for_each(|name| write!(f, " ({name})"))
            }
            Self::Request { label } => write!(f, "request: {label}"),
            Self::MainReturned => f.write_str("main returned"),
            Self::MainFailed { error, .. } => write!(f, "main failed: {error}"),
            Self::MainPanicked { message } => write!(f, "main panicked: {message}"),
            Self::TaskFailed { name, file, line, error, .. } => {
                write!(f, "task {name} ({file}:{line}) failed: {error}")
            }
            Self::TaskPanicked { name, file, line, message } => {
                write!(f, "task {name} ({file}:{line}) panicked: {message}")
            }
            Self::TaskEnded { name, file, line } => write!(f, "task {name} ({file}:{line}) ended unexpectedly"),
        }
    }
}

impl fmt::Display for WorkInFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, count, oldest, file, line } = self;
        write!(f, "{name}: {count} in flight, oldest {}, {file}:{line}", HumanDuration(*oldest))
    }
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As many hooks as the runtime lists.
        const LISTED: usize = 4;
        write!(f, "work in flight was waited for until +{}", HumanDuration(self.at))?;
        if let Some(time) = self.max_drain_time {
            return write!(f, ", as the maximum drain time of {} was over", HumanDuration(time));
        }
        let mut longest: Vec<&KeptTime> = self.kept_for.iter().collect();
        longest.sort_by_key(|kept| std::cmp::Reverse(kept.time));
        let shown: Vec<String> = longest.iter().take(LISTED).map(ToString::to_string).collect();
        if !shown.is_empty() {
            write!(f, "; the rest was kept for {}", shown.join(", "))?;
        }
        match longest.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl fmt::Display for KeptTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.hook, HumanDuration(self.time))
    }
}

impl fmt::Display for OpenConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { local, peer, state, unread, unsent } = self;
        let port = local.rsplit_once(':').map_or(local.as_str(), |(_, port)| port);
        write!(f, "TCP connection of port {port} with {peer}: {state}")?;
        for (bytes, what) in [(unread, "unread"), (unsent, "not confirmed")] {
            match bytes {
                0 => {}
                1 => write!(f, ", 1 byte {what}")?,
                more => write!(f, ", {more} bytes {what}")?,
            }
        }
        Ok(())
    }
}
