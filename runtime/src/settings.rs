//! Beside station 9: what the program and its environment ask for in, settled or refused at install.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::after::PlanError;
use crate::budget::{Budget, GRACE_PERIOD_VARIABLE, GraceError};
use crate::exit::Ending;
use crate::length::Length;
use crate::overrides::{Change, HOOKS_VARIABLE, OverrideError, OverrideSource, Overrides};
use crate::plan::Plan;
use crate::platform::Platform;
use crate::registry;
use crate::report_file::{REPORT_VARIABLE, ReportFile, ReportFileError};
use crate::trigger::{Signal, SignalSet, SignalSetError};

/// The environment variable that asks for something else than running: `plan` prints the plan and exits with 0,
/// `plan-json` (with the feature `json`) prints it as JSON.
pub const MODE_VARIABLE: &str = "ON_SHUTDOWN";

/// What the program asks of its shutdown; everything has a default.
///
/// `#[on_shutdown::main(..)]` makes one of these from its arguments, which have the names of these methods.
///
/// ```
/// use std::time::Duration;
///
/// let handle = on_shutdown::Settings::new().grace_period(Duration::from_secs(25)).install()?;
/// println!("{}", handle.plan());
/// # Ok::<(), on_shutdown::InstallError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "settings do nothing until `install`"]
pub struct Settings {
    grace_period: Option<Duration>,
    drain_delay: Duration,
    overrides: Overrides,
    pub(crate) signals: SignalSet,
    pub(crate) escalate_on_any: bool,
    pub(crate) conventional: bool,
    pub(crate) ending: Ending,
    report_file: Option<PathBuf>,
}

impl Settings {
    /// All defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Time from the trigger to the platform's SIGKILL, from 100 ms to 7 days.
    ///
    /// Goes before the environment variable `ON_SHUTDOWN_GRACE_PERIOD`; without both it is the default of the platform
    /// that the program runs on, where that gives itself away, else 10 s.
    pub fn grace_period(mut self, length: Duration) -> Self {
        self.grace_period = Some(length);
        self
    }

    /// How long the program goes on serving after the trigger, while gateways take it out of their lists.
    ///
    /// Zero unless set. SIGINT (a person at a terminal) and the end of `main` skip it.
    pub fn drain_delay(mut self, length: Duration) -> Self {
        self.drain_delay = length;
        self
    }

    /// The signals that start a shutdown, instead of SIGTERM and SIGINT.
    ///
    /// A signal that was ignored when the program started (`nohup`, a background job of a shell) stays ignored.
    pub fn signals(mut self, signals: impl IntoIterator<Item = Signal>) -> Self {
        self.signals.set_signals(signals.into_iter().collect());
        self
    }

    /// Whether a repeat of any signal cuts the waiting short, and not only one of SIGINT. Off unless set: a platform
    /// that sends SIGTERM twice is normal.
    pub fn escalate_on_any(mut self, yes: bool) -> Self {
        self.escalate_on_any = yes;
        self
    }

    /// Whether a clean stop by signal n ends with exit code 128 + n instead of 0. Off unless set.
    pub fn conventional(mut self, yes: bool) -> Self {
        self.conventional = yes;
        self
    }

    /// Whether to handle signals that were ignored when the program started. Off unless set.
    pub fn override_ignored(mut self, yes: bool) -> Self {
        self.signals.set_override_ignored(yes);
        self
    }

    /// What happens when all hooks have run; [`Ending::Immediate`] unless set.
    pub fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Writes the report to this file, too: as JSON, SVG, HTML or text, by its ending (`.json` needs the feature `json`,
    /// `.svg` and `.html` the feature `picture`).
    ///
    /// The environment variable `ON_SHUTDOWN_REPORT` goes before the program. The file is replaced whole, never through
    /// a symbolic link, and readable to its owner alone. What goes wrong is said on stderr, and the end goes on.
    pub fn report_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.report_file = Some(path.into());
        self
    }

    /// Takes a linked hook out, by its full name (`orders::flush`, as `ON_SHUTDOWN=plan` lists it): for hooks that come
    /// with a dependency. What is `after` it does not wait for it.
    ///
    /// The environment variable `ON_SHUTDOWN_HOOKS` changes hooks, too, and goes before the program:
    /// `ON_SHUTDOWN_HOOKS="orders::flush timeout=2s priority=5; metrics::push disabled"`. A name that no linked hook
    /// has is an error at install.
    pub fn disable_hook(mut self, full_name: &str) -> Self {
        self.overrides.add(full_name, Change::Disabled, OverrideSource::Program);
        self
    }

    /// Gives a linked hook another timeout than its attribute does, by its full name.
    pub fn hook_timeout(mut self, full_name: &str, timeout: Duration) -> Self {
        self.overrides.add(full_name, Change::Timeout(timeout), OverrideSource::Program);
        self
    }

    /// Gives a linked hook another priority than its attribute does, by its full name.
    pub fn hook_priority(mut self, full_name: &str, priority: i32) -> Self {
        self.overrides.add(full_name, Change::Priority(priority), OverrideSource::Program);
        self
    }

    /// The plan that these settings, this environment and the linked hooks make. Runs nothing.
    ///
    /// # Errors
    /// As [`install`](Self::install), but for what only the system can refuse.
    pub fn plan(&self) -> Result<Plan, InstallError> {
        let (grace_period, hooks) = (environment(GRACE_PERIOD_VARIABLE)?, environment(HOOKS_VARIABLE)?);
        let budget = Budget::choose(self.grace_period, grace_period.as_deref(), Platform::infer())?;
        self.plan_within(budget, hooks.as_deref().unwrap_or_default())
    }

    /// The plan that these settings and the linked hooks make, whatever the environment says.
    #[cfg(feature = "testing")]
    pub(crate) fn plan_anywhere(&self) -> Result<Plan, InstallError> {
        self.plan_within(Budget::choose(self.grace_period, None, None)?, "")
    }

    fn plan_within(&self, budget: Budget, hooks: &str) -> Result<Plan, InstallError> {
        self.signals.check()?;
        if self.drain_delay >= budget.usable() {
            return Err(InstallError::DrainDelay { delay: self.drain_delay, usable: budget.usable() });
        }
        let mut overrides = self.overrides.clone();
        overrides.read(hooks)?;
        let (hooks, disabled) = overrides.apply(registry::linked())?;
        Ok(Plan::new(hooks, budget, self.drain_delay)?.without(disabled))
    }
}

impl Settings {
    /// Where the report goes besides stderr.
    pub(crate) fn choose_report_file(&self) -> Result<Option<ReportFile>, InstallError> {
        let environment = std::env::var_os(REPORT_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let path = environment.or_else(|| self.report_file.clone());
        Ok(path.map(|path| ReportFile::new(&path)).transpose()?)
    }
}

/// What the environment wants the program to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Run,
    PrintPlan,
    PrintPlanAsJson,
}

impl Mode {
    pub(crate) fn choose() -> Result<Self, InstallError> {
        match environment(MODE_VARIABLE)?.as_deref() {
            None | Some("") => Ok(Self::Run),
            Some("plan") => Ok(Self::PrintPlan),
            Some("plan-json") if cfg!(feature = "json") => Ok(Self::PrintPlanAsJson),
            Some(other) => Err(InstallError::Mode { value: other.to_owned() }),
        }
    }
}

fn environment(name: &'static str) -> Result<Option<String>, InstallError> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(value)) => {
            Err(InstallError::NotText { name, value: value.to_string_lossy().into_owned() })
        }
    }
}

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
        /// The time there is from the trigger on.
        usable: Duration,
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

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grace(error) => error.fmt(f),
            Self::Signals(error) => error.fmt(f),
            Self::Plan(error) => error.fmt(f),
            Self::Override(error) => error.fmt(f),
            Self::DrainDelay { delay, usable } => write!(
                f,
                "a drain delay of {} leaves no time for hooks: there are {} from the trigger on; \
                 write a shorter `drain_delay` or a longer `grace_period`",
                Length(*delay),
                Length(*usable)
            ),
            Self::ReportFile(error) => error.fmt(f),
            Self::Mode { value } if value == "plan-json" => write!(
                f,
                "`{MODE_VARIABLE}=plan-json` needs the feature `json` of on-shutdown, which is not compiled in; \
                 add it in Cargo.toml, or write `{MODE_VARIABLE}=plan`"
            ),
            Self::Mode { value } => write!(
                f,
                "`{MODE_VARIABLE}={value}` has no meaning; write `{MODE_VARIABLE}=plan` to print the plan, or unset it"
            ),
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
