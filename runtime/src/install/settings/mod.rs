//! Beside station 9: what the program and its environment ask for in, settled or refused at install.

use std::path::PathBuf;
use std::time::Duration;

use crate::exit::ExitMode;
use crate::hook::registry;
use crate::output::ReporterOptions;
use crate::plan::Plan;
use crate::plan::budget::{Budget, GRACE_PERIOD_ENV};
use crate::plan::overrides::{Change, HOOKS_ENV, OverrideSource, Overrides};
use crate::plan::platform::Platform;
use crate::report::file::{REPORT_ENV, ReportFile};
use crate::trigger::{Signal, SignalSet};

pub(crate) use environment::Mode;
use environment::{environment, environment_path};
pub use error::InstallError;

mod environment;
mod error;

/// The environment variable that asks for something else than running: `plan` prints the plan and exits with 0,
/// `plan-json` (with the feature `json`) prints it as JSON.
pub const MODE_ENV: &str = "ON_SHUTDOWN";

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
    pub(crate) signal_exit_code: bool,
    pub(crate) exit_mode: ExitMode,
    report_file: Option<PathBuf>,
    pub(crate) quiet: bool,
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
    /// SIGINT (a person at a terminal) and the end of `main` skip it. Default: zero.
    ///
    /// The delay is part of the grace period. [`install`](Self::install) refuses a delay that leaves hooks no time:
    /// between the delay and the time kept for `flush`, 1 s must be left, or a tenth of the usable time if that is less.
    /// With the default grace period of 10 s, the longest delay is 6.47 s.
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
    pub fn signal_exit_code(mut self, yes: bool) -> Self {
        self.signal_exit_code = yes;
        self
    }

    /// Whether to handle signals that were ignored when the program started. Off unless set.
    pub fn handle_ignored_signals(mut self, yes: bool) -> Self {
        self.signals.set_handle_ignored_signals(yes);
        self
    }

    /// What happens when all hooks have run; [`ExitMode::Immediate`] unless set.
    pub fn exit_mode(mut self, mode: ExitMode) -> Self {
        self.exit_mode = mode;
        self
    }

    /// Whether stderr hears nothing of an install without surprises and of a clean end: for tools whose stderr a person
    /// reads. Off unless set. What is not as it should be is said all the same, and `tracing` hears everything.
    pub fn quiet(mut self, yes: bool) -> Self {
        self.quiet = yes;
        self
    }

    /// Writes the report to this file, too: as JSON or text, by its ending (`.json` needs the feature `json`). The
    /// command `on-shutdown-report` turns JSON into HTML, SVG or a trace for Perfetto.
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
        let (grace_period, hooks) = (environment(GRACE_PERIOD_ENV)?, environment(HOOKS_ENV)?);
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
        if self.drain_delay > budget.longest_drain_delay() && !self.drain_delay.is_zero() {
            return Err(InstallError::DrainDelay { delay: self.drain_delay, budget });
        }
        let mut overrides = self.overrides.clone();
        overrides.parse(hooks)?;
        let (hooks, disabled) = overrides.apply(registry::linked())?;
        Ok(Plan::new(hooks, budget, self.drain_delay)?.with_disabled(disabled))
    }
}

impl Settings {
    /// Returns what the end of a shutdown depends on.
    pub(crate) fn reporter_options(&self) -> ReporterOptions {
        let Self { exit_mode, signal_exit_code, quiet, .. } = *self;
        ReporterOptions { exit_mode, signal_exit_code, quiet }
    }

    /// Where the report goes besides stderr.
    pub(crate) fn choose_report_file(&self) -> Result<Option<ReportFile>, InstallError> {
        let path = environment_path(REPORT_ENV).or_else(|| self.report_file.clone());
        Ok(path.map(|path| ReportFile::new(&path)).transpose()?)
    }
}
