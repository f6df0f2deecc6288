//! Defines why a shutdown cannot be installed, what to write instead, and the exit code.

use std::fmt;
use std::io;
use std::time::Duration;

use super::MODE_ENV;
use crate::exit;
use crate::plan::budget::{Budget, GraceError};
use crate::plan::order::PlanError;
use crate::plan::overrides::OverrideError;
use crate::report::file::ReportFileError;
use crate::trigger::SignalSetError;

/// Why a shutdown could not be installed. Nothing was changed then.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstallError {
    /// The grace period cannot be used.
    Grace(GraceError),
    /// The signals cannot be handled.
    Signals(SignalSetError),
    /// The hooks contradict each other.
    Plan(PlanError),
    /// A hook cannot be changed as the program or `ON_SHUTDOWN_HOOKS` asks.
    Override(OverrideError),
    /// The report cannot be written to that file.
    ReportFile(ReportFileError),
    /// The drain delay leaves no time for hooks.
    DrainDelay {
        /// The delay that was asked for.
        delay: Duration,
        /// The time there is.
        budget: Budget,
    },
    /// The variable `ON_SHUTDOWN` has a value without a meaning.
    Mode {
        /// The value.
        value: String,
    },
    /// An environment variable is not text.
    NotText {
        /// Its name.
        name: &'static str,
        /// Its value, as far as it can be read.
        value: String,
    },
    /// This program installed before.
    AlreadyInstalled,
    /// The system refused something.
    System {
        /// What was asked of it.
        what: &'static str,
        /// Its answer.
        error: io::Error,
    },
}

impl InstallError {
    /// Returns the exit code with which `#[on_shutdown::main]` ends the process after this error.
    ///
    /// 71 (`EX_OSERR`) for [`System`](Self::System): the same program may start elsewhere, or later. 78 (`EX_CONFIG`)
    /// for all others: the program, its settings or its environment must change.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::System { .. } => exit::OS_ERROR,
            Self::Grace(_)
            | Self::Signals(_)
            | Self::Plan(_)
            | Self::Override(_)
            | Self::ReportFile(_)
            | Self::DrainDelay { .. }
            | Self::Mode { .. }
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
            Self::DrainDelay { delay, budget } => f.write_str(&budget.drain_delay_error(*delay)),
            Self::ReportFile(error) => error.fmt(f),
            Self::Mode { value } if value == "plan-json" => write!(
                f,
                "`{MODE_ENV}=plan-json` needs the feature `json` of on-shutdown, which is not compiled in; \
                 add it in Cargo.toml, or write `{MODE_ENV}=plan`"
            ),
            Self::Mode { value } => {
                write!(f, "`{MODE_ENV}={value}` has no meaning; write `{MODE_ENV}=plan` to print the plan, or unset it")
            }
            Self::NotText { name, value } => {
                write!(f, "`{name}={value}` is not text (UTF-8); set it anew, or unset it")
            }
            Self::AlreadyInstalled => f.write_str(
                "a shutdown is installed already, and a program has one; keep its handle (it can be cloned), \
                 or take one of `#[on_shutdown::main]` and `install` away",
            ),
            Self::System { what, error } => write!(f, "the system refused {what}: {error}"),
        }
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
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
