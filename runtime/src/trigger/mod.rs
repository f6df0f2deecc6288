//! Receives the triggers of a shutdown: signals and requests.

use std::fmt;

pub(crate) use inbox::{Inbox, Message};
pub use signal::{Signal, UnknownSignalError};
pub(crate) use signal_set::SignalSet;
pub use signal_set::SignalSetError;
// Only the kernel timer of Linux asks.
#[cfg(target_os = "linux")]
pub(crate) use system::has_handler;
pub(crate) use system::{BlockedSignals, Masks};
// Unix has signals and masks, Windows has console events, and other systems have neither.
#[cfg(not(unix))]
use portable as system;
#[cfg(unix)]
use unix as system;

mod inbox;
#[cfg(any(not(unix), test))]
#[cfg_attr(unix, expect(dead_code, unused_imports, reason = "the tests use a part of it"))]
mod portable;
mod signal;
mod signal_set;
#[cfg(unix)]
mod unix;

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
    /// A person who presses Ctrl-C does not wait for gateways, and neither does Windows when a console is closed.
    pub(crate) fn allows_drain_delay(&self) -> bool {
        match self {
            Self::Signal { signal, .. } => *signal != Signal::SIGINT && !system::is_window_closed(*signal),
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sender {
    /// The process id, or 0 if the process is outside the PID namespace of this container.
    pub pid: i32,
    /// The id of the user who runs the process.
    pub uid: u32,
    /// The name of the process, at most 15 bytes: on Linux, in the report and the log, if the process still ran when the hooks
    /// had started. It is what the process calls itself.
    pub name: Option<String>,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            0 => f.write_str("outside the container"),
            pid => {
                write!(f, "pid {pid}, uid {}", self.uid)?;
                self.name.iter().try_for_each(|name| write!(f, " ({name})"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_reads_as_a_sentence() {
        let sender = |pid, name: Option<&str>| Some(Sender { pid, uid: 0, name: name.map(str::to_owned) });
        let signal = Trigger::Signal { signal: Signal::SIGTERM, sender: sender(812, None) };
        assert_eq!(signal.to_string(), "SIGTERM from pid 812, uid 0");
        let signal = Trigger::Signal { signal: Signal::SIGTERM, sender: sender(1, Some("systemd")) };
        assert_eq!(signal.to_string(), "SIGTERM from pid 1, uid 0 (systemd)");
        let sender = sender(0, None);
        let outside = Trigger::Signal { signal: Signal::SIGTERM, sender };
        assert_eq!(outside.to_string(), "SIGTERM from outside the container");
        assert_eq!(Trigger::Request { label: "config changed".into() }.to_string(), "request: config changed");
    }
}
