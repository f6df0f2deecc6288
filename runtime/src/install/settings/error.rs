//! Defines the errors of an install: what is wrong, what to write instead, and the exit code.

use std::fmt;
use std::io;
use std::time::Duration;

use super::MODE_ENV;
use crate::duration_text::HumanDuration;
use crate::exit;
use crate::plan::budget::{Budget, GraceError};
use crate::plan::drain_delay::DrainDelayError;
use crate::plan::order::PlanError;
use crate::plan::overrides::OverrideError;
use crate::report::file::ReportFileError;
use crate::telemetry::log_format::FORMAT_ENV;
use crate::trigger::SignalSetError;

/// Describes why a shutdown could not be installed. Nothing is installed then.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstallError {
    /// The grace period is not a duration, too short or too long.
    Grace(GraceError),
    /// The set of signals is empty, or contains a signal that cannot be handled.
    Signals(SignalSetError),
    /// The `after` settings of hooks form a cycle or contradict the phases.
    Plan(PlanError),
    /// The program or `ON_SHUTDOWN_HOOKS` changes a hook that does not exist, or in a way that is not possible.
    Override(OverrideError),
    /// The report cannot be written to the chosen file.
    ReportFile(ReportFileError),
    /// The drain delay is not a duration, or leaves no time for hooks.
    DrainDelay(DrainDelayError),
    /// The minimum drain time leaves no time for later hooks.
    MinDrainTime {
        /// The chosen time.
        time: Duration,
        /// The drain delay, which comes before it.
        delay: Duration,
        /// The budget that the two are a part of.
        budget: Budget,
    },
    /// The maximum drain time is zero, or shorter than the minimum.
    MaxDrainTime {
        /// The chosen time.
        time: Duration,
        /// The minimum drain time.
        min: Duration,
    },
    /// The variable `ON_SHUTDOWN` has an unknown value.
    Mode {
        /// The value.
        value: String,
    },
    /// The variable `ON_SHUTDOWN_FORMAT` names a format that does not exist.
    Format {
        /// The name.
        name: String,
    },
    /// An environment variable is not text.
    NotText {
        /// The name of the variable.
        name: &'static str,
        /// The value, with replacement characters for what is not UTF-8.
        value: String,
    },
    /// The program has installed a shutdown before.
    AlreadyInstalled,
    /// The system refused a thread, a handler or a mask.
    System {
        /// What the system refused.
        what: &'static str,
        /// The error of the system.
        error: io::Error,
    },
}

impl InstallError {
    /// Returns the error for something that the system refused.
    pub(crate) fn refused(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::System { what, error }
    }

    /// Returns the exit code with which `#[on_shutdown::main]` ends the process after this error.
    ///
    /// Returns 71 (`EX_OSERR`) for [`System`](Self::System): the same program may start later or on another machine.
    /// Returns 78 (`EX_CONFIG`) for all others: the program, its settings or its environment must change.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            // No wildcard below: a new variant must choose its code.
            Self::System { .. } => exit::OS_ERROR,
            Self::Grace(_)
            | Self::Signals(_)
            | Self::Plan(_)
            | Self::Override(_)
            | Self::ReportFile(_)
            | Self::DrainDelay(_)
            | Self::MinDrainTime { .. }
            | Self::MaxDrainTime { .. }
            | Self::Mode { .. }
            | Self::Format { .. }
            | Self::NotText { .. }
            | Self::AlreadyInstalled => exit::CONFIG,
        }
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grace(error) => error.fmt(f),
            Self::Signals(error) => error.fmt(f),
            Self::Plan(error) => error.fmt(f),
            Self::Override(error) => error.fmt(f),
            Self::DrainDelay(error) => error.fmt(f),
            Self::MinDrainTime { time, delay, budget } => f.write_str(&budget.min_drain_time_error(*time, *delay)),
            Self::MaxDrainTime { time: Duration::ZERO, .. } => f.write_str(
                "a maximum drain time of zero cuts off all work in flight; write a longer `max_drain_time`, or remove it",
            ),
            Self::MaxDrainTime { time, min } => {
                let (time, min) = (HumanDuration(*time), HumanDuration(*min));
                write!(
                    f,
                    "the maximum drain time of {time} is shorter than the minimum of {min}; write a `max_drain_time` of at \
                     least {min}, or a shorter `min_drain_time`"
                )
            }
            Self::ReportFile(error) => error.fmt(f),
            Self::Mode { value } if value == "plan-json" => write!(
                f,
                "`{MODE_ENV}=plan-json` needs the feature `json` of on-shutdown, which is not compiled in; \
                 add it in Cargo.toml, or write `{MODE_ENV}=plan`"
            ),
            Self::Mode { value } => {
                write!(
                    f,
                    "`{MODE_ENV}={value}` is unknown; write `{MODE_ENV}=plan` to print the plan, \
                     `{MODE_ENV}=check` to fail if there are warnings, or unset it"
                )
            }
            Self::Format { name } => {
                write!(f, "`{FORMAT_ENV}={name}` is unknown; write `{FORMAT_ENV}=json` or `{FORMAT_ENV}=text`")
            }
            Self::NotText { name, value } => {
                write!(f, "`{name}={value}` is not UTF-8; set it to text, or unset it")
            }
            Self::AlreadyInstalled => f.write_str(
                "a shutdown is already installed, and a program has only one; clone its handle, \
                 or remove one of `#[on_shutdown::main]` and `install`",
            ),
            Self::System { what, error } => write!(f, "the system refused {what}: {error}"),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // The other variants print their inner error themselves. As a source it would be printed twice.
            Self::System { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl From<GraceError> for InstallError {
    fn from(error: GraceError) -> Self {
        Self::Grace(error)
    }
}

impl From<DrainDelayError> for InstallError {
    fn from(error: DrainDelayError) -> Self {
        Self::DrainDelay(error)
    }
}

impl From<SignalSetError> for InstallError {
    fn from(error: SignalSetError) -> Self {
        Self::Signals(error)
    }
}

impl From<OverrideError> for InstallError {
    fn from(error: OverrideError) -> Self {
        Self::Override(error)
    }
}

impl From<ReportFileError> for InstallError {
    fn from(error: ReportFileError) -> Self {
        Self::ReportFile(error)
    }
}

impl From<PlanError> for InstallError {
    fn from(error: PlanError) -> Self {
        Self::Plan(error)
    }
}
