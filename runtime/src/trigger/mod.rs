//! Receives the triggers of a shutdown, signals and requests, and decides what a repeated signal does.

use std::fmt;
use std::time::Duration;

pub(crate) use disposition::has_handler;
pub(crate) use inbox::{Inbox, Message};
pub(crate) use mask::{BlockedSignals, Masks};
pub use signal::{Signal, UnknownSignalError};
pub(crate) use signal_set::SignalSet;
pub use signal_set::SignalSetError;

mod disposition;
mod inbox;
mod mask;
mod signal;
mod signal_set;

/// The reason for a shutdown.
///
/// The first trigger is the reason; later triggers do not change it.
///
/// # Examples
/// ```
/// use on_shutdown::{Signal, Trigger};
///
/// let trigger = Trigger::from(Signal::SIGTERM);
/// assert!(matches!(trigger, Trigger::Signal { signal: Signal::SIGTERM, .. }));
/// assert_eq!(trigger.to_string(), "SIGTERM");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// A signal arrived.
    Signal {
        /// The signal.
        signal: Signal,
        /// The process that sent the signal. `None` if the platform does not report it, or without the feature
        /// `sender`.
        sender: Option<Sender>,
    },
    /// The program called [`request_shutdown`](crate::request_shutdown).
    Request {
        /// The reason that the program gave.
        label: String,
    },
    /// `main` returned without an error.
    MainReturned,
    /// `main` returned an error.
    MainFailed {
        /// The error and its causes in one line: `starting http: bind failed`. Maximum 2 KiB.
        error: String,
        /// The error as `{:?}` prints it, with a backtrace if it has one. Maximum 64 KiB. Empty if `error` says it all.
        details: String,
    },
    /// `main` panicked.
    MainPanicked {
        /// The message of the panic.
        message: String,
    },
    /// A [`Task`](crate::Task) returned an error.
    TaskFailed {
        /// The name of the task.
        name: String,
        /// The source file in which the task was made.
        file: String,
        /// The line in the source file.
        line: u32,
        /// The error and its causes in one line. Maximum 2 KiB.
        error: String,
        /// The error as `{:?}` prints it, with a backtrace if it has one. Maximum 64 KiB. Empty if `error` says it all.
        details: String,
    },
    /// A [`Task`](crate::Task) panicked.
    TaskPanicked {
        /// The name of the task.
        name: String,
        /// The source file in which the task was made.
        file: String,
        /// The line in the source file.
        line: u32,
        /// The message of the panic.
        message: String,
    },
    /// A [`Task`](crate::Task) ended without an error before a shutdown had begun, and was not declared as one that may
    /// end.
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
    /// Returns whether the program still serves after this trigger, so that a drain delay has a purpose.
    ///
    /// A person who presses Ctrl-C does not wait for gateways.
    pub(crate) fn allows_drain_delay(&self) -> bool {
        match self {
            Self::Signal { signal, .. } => *signal != Signal::SIGINT,
            // The other parts of the program still serve.
            Self::TaskFailed { .. } | Self::TaskPanicked { .. } | Self::TaskEnded { .. } | Self::Request { .. } => true,
            Self::MainReturned | Self::MainFailed { .. } | Self::MainPanicked { .. } => false,
        }
    }
}

impl Trigger {
    /// Returns the error that started the shutdown, with all its lines, and what failed. `None` if the headline shows the
    /// whole error.
    pub(crate) fn error_details(&self) -> Option<(String, &str)> {
        let (owner, details) = match self {
            Self::MainFailed { details, .. } => ("main".to_owned(), details),
            Self::TaskFailed { name, details, .. } => (format!("task {name}"), details),
            _ => return None,
        };
        (!details.is_empty()).then_some((owner, details))
    }

    /// Returns whether `main` or a task has failed.
    pub(crate) fn is_failure(&self) -> bool {
        match self {
            Self::MainFailed { .. } | Self::MainPanicked { .. } => true,
            Self::TaskFailed { .. } | Self::TaskPanicked { .. } | Self::TaskEnded { .. } => true,
            Self::Signal { .. } | Self::Request { .. } | Self::MainReturned => false,
        }
    }
}

/// Creates the trigger for a signal whose sender is unknown.
impl From<Signal> for Trigger {
    fn from(signal: Signal) -> Self {
        Self::Signal { signal, sender: None }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal { signal, sender: None } => write!(f, "{signal}"),
            Self::Signal { signal, sender: Some(sender) } => write!(f, "{signal} from {sender}"),
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

/// The process that sent a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sender {
    /// The process id, or 0 if the process is outside the PID namespace of this container.
    pub pid: i32,
    /// The id of the user who runs the process.
    pub uid: u32,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            0 => f.write_str("outside the container"),
            pid => write!(f, "pid {pid}, uid {}", self.uid),
        }
    }
}

/// The effect of a signal that arrives during a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escalation {
    /// Does nothing: the signal belongs to the first request.
    SameRequest,
    /// Ends the drain delay now: a person does not wait for gateways.
    SkipDelay,
    /// Records the signal in the report and changes nothing else.
    LogOnly,
    /// Makes the shutdown fast: no delay, no waiting for work in flight, short deadlines.
    Fast,
    /// Ends the process at once with 128 + the number of the signal.
    Force(Signal),
}

/// Signals that arrive within this time after the first belong to the same request. Under docker, a program often gets
/// SIGTERM twice.
pub(crate) const SAME_REQUEST_WINDOW: Duration = Duration::from_secs(1);

/// Decides the effect of a signal that arrives `since` after the trigger, after `escalations` earlier ones.
///
/// Only SIGINT escalates, unless `escalate_on_any` is set.
pub(crate) fn escalate(signal: Signal, since: Duration, escalations: u32, escalate_on_any: bool) -> Escalation {
    let is_interactive = signal == Signal::SIGINT;
    match (since < SAME_REQUEST_WINDOW, is_interactive || escalate_on_any, escalations) {
        // A launcher and the terminal may both send SIGINT for one Ctrl-C, so the first second never escalates.
        (true, _, _) if is_interactive => Escalation::SkipDelay,
        (true, _, _) => Escalation::SameRequest,
        (false, false, _) => Escalation::LogOnly,
        (false, true, 0) => Escalation::Fast,
        (false, true, _) => Escalation::Force(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_19_escalation_is_a_table() {
        use Escalation::{Fast, Force, LogOnly, SameRequest, SkipDelay};
        let (term, int, hup) = (Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP);
        let table = [
            (term, 0, 0, false, SameRequest),
            (term, 999, 0, true, SameRequest),
            (hup, 1, 0, false, SameRequest),
            (int, 1, 0, false, SkipDelay),
            (int, 999, 1, true, SkipDelay),
            (term, 1000, 0, false, LogOnly),
            (term, 1000, 5, false, LogOnly),
            (term, 1000, 0, true, Fast),
            (term, 1500, 1, true, Force(term)),
            (hup, 1500, 1, true, Force(hup)),
            (int, 1000, 0, false, Fast),
            (int, 1000, 1, false, Force(int)),
            (int, 9000, 7, false, Force(int)),
        ];
        for (signal, millis, counted, on_any, expected) in table {
            let found = escalate(signal, Duration::from_millis(millis), counted, on_any);
            assert_eq!(found, expected, "{signal} after {millis} ms, {counted} counted, on_any {on_any}");
        }
    }

    #[test]
    fn a_trigger_reads_as_a_sentence() {
        let sender = Some(Sender { pid: 812, uid: 0 });
        let signal = Trigger::Signal { signal: Signal::SIGTERM, sender };
        assert_eq!(signal.to_string(), "SIGTERM from pid 812, uid 0");
        let sender = Some(Sender { pid: 0, uid: 0 });
        let outside = Trigger::Signal { signal: Signal::SIGTERM, sender };
        assert_eq!(outside.to_string(), "SIGTERM from outside the container");
        assert_eq!(Trigger::Request { label: "config changed".into() }.to_string(), "request: config changed");
    }
}
