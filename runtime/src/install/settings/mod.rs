//! Defines the settings of a shutdown, and makes the plan from them and from the environment.

use std::path::PathBuf;
use std::time::Duration;

use crate::duration_text::{self, HumanDuration};
use crate::exit::ExitMode;
use crate::hook::registry;
use crate::output::ReporterOptions;
use crate::plan::Plan;
use crate::plan::budget::Budget;
use crate::plan::drain_delay::{DRAIN_DELAY_ENV, DrainDelay};
use crate::plan::overrides::{Change, OverrideSource, Overrides};
use crate::plan::platform::Platform;
use crate::report::file::{REPORT_ENV, ReportFile};
use crate::telemetry::log_format::LogFormat;
use crate::trigger::{Signal, SignalSet};

use environment::Environment;
pub(crate) use environment::{Mode, is_in_test_binary};
pub use error::InstallError;
use report_path::ReportPath;

mod environment;
mod error;
mod report_path;
mod unknown_variables;

/// The name of the environment variable that makes `install` print the plan instead of running the program.
///
/// | value | `install` prints | exit code |
/// |---|---|---|
/// | `plan` | the plan and the warnings | 0 |
/// | `plan-json` (feature `json`) | the plan as JSON | 0 |
/// | `check` | the plan and the warnings | 0 without warnings, otherwise 78 |
///
/// Another value is an error. `check` is for CI. It fails for every warning that the program would print at its start:
/// the plan does not fit its budget, a variable is unknown or has no effect, PID 1 is a shell that keeps the signal, and
/// so on. A line that begins with `info:` is no warning. It also fails, with the error's
/// [exit code](InstallError::exit_code), if the shutdown cannot be installed. Run it as the platform runs the program:
/// `docker run -e ON_SHUTDOWN=check image`. In unit tests, `testing::assert_no_warnings` checks what does not depend on the
/// environment.
///
/// Every program that inherits the variable prints its plan and ends: each program of a script, and the children of a parent
/// that does not use this crate. A parent that does ends before it starts children, unless it starts one before its
/// install. Such a child prints its plan and does no work, so `install` belongs at the beginning of `main`.
///
/// The variable is ignored, with a line on stderr, in a binary that cargo has built to run tests or benchmarks.
/// `install` recognizes such a binary by its path: it lies in a folder `deps`, and its name ends with a hash. Test
/// binaries of other build systems and doc tests are not recognized. Do not set the variable for them.
pub const MODE_ENV: &str = "ON_SHUTDOWN";

/// Configures the shutdown of a program. Every setting has a default.
///
/// `#[on_shutdown::main(..)]` makes its settings from its arguments, which have the names of these methods.
///
/// ```no_run
/// use std::time::Duration;
///
/// # fn work() {}
/// let settings = on_shutdown::Settings::new().drain_delay(Duration::from_secs(5));
/// let exit_code = settings.run(work);
/// # let _ = exit_code;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "settings do nothing until `run` or `install`"]
pub struct Settings {
    grace_period: Option<Duration>,
    drain_delay: Option<Duration>,
    min_drain_time: Duration,
    max_drain_time: Option<Duration>,
    overrides: Overrides,
    pub(crate) signals: SignalSet,
    pub(crate) escalate_on_any: bool,
    pub(crate) signal_exit_code: bool,
    pub(crate) exit_mode: ExitMode,
    report_file: Option<PathBuf>,
    pub(crate) quiet: bool,
    format: Option<LogFormat>,
    pub(crate) version: Option<String>,
}

impl Settings {
    /// Returns settings with all defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the grace period: the time from the trigger to the platform's SIGKILL. From 100 ms to 7 days.
    ///
    /// The environment variable `ON_SHUTDOWN_GRACE_PERIOD` takes precedence, because only the operator knows when the
    /// platform sends SIGKILL. The line at install names both. Default: the default of the platform if it can be detected
    /// ([`Platform`]), otherwise 10 s.
    pub fn grace_period(mut self, grace_period: Duration) -> Self {
        self.grace_period = Some(grace_period);
        self
    }

    /// Sets the drain delay: how long the program continues to serve after the trigger, while gateways remove it from
    /// their lists.
    ///
    /// SIGINT (a person at a terminal) and the end of `main` skip the delay. Takes precedence over the environment variable
    /// `ON_SHUTDOWN_DRAIN_DELAY`. Default: the variable, otherwise 5 s on Kubernetes, at most a quarter of the usable
    /// time, otherwise zero. The line at install names the delay and its source. Set zero in a program that answers no requests.
    ///
    /// The delay is part of the grace period. [`install`](Self::install) refuses a delay that leaves hooks no time.
    /// Between the delay and the time kept for `flush`, 1 s must be left, or a tenth of the usable time if that is less.
    /// With the default grace period of 10 s, the longest delay is 6.47 s.
    pub fn drain_delay(mut self, delay: Duration) -> Self {
        self.drain_delay = Some(delay);
        self
    }

    /// Sets the minimum time for which the drain phase waits for work in flight, from the beginning of draining.
    ///
    /// The phase ends earlier if nothing is in flight. Without this setting, the phase waits until only the time is left
    /// that later hooks are promised: what their timeouts say, and the [least share](Plan::least_share) for a hook
    /// without one. It waits for at least half of the time before `flush`. Set a longer time for a program whose work in
    /// flight is worth more than the whole timeouts of its later hooks; they then share what is left. Default: zero.
    ///
    /// The time is part of the grace period, after the drain delay. [`install`](Self::install) refuses a time that leaves
    /// later hooks none: together, the two must not exceed the longest [`drain_delay`](Self::drain_delay). A repeated
    /// SIGINT ends the wait.
    pub fn min_drain_time(mut self, time: Duration) -> Self {
        self.min_drain_time = time;
        self
    }

    /// Sets the maximum time for which the drain phase waits for work in flight, from the beginning of draining. Default:
    /// the phase waits as long as the time allows, see [`min_drain_time`](Self::min_drain_time).
    ///
    /// When the time is over, the work that is left is cut off: the report names it, the exit code is 124, and the hooks of
    /// the later phases run. The runtime does not cancel the work. It goes on beside these hooks, until the process ends.
    /// Set it in a program whose later hooks must not wait for one request that hangs.
    ///
    /// Hooks of `drain` keep their timeouts, and work in flight is waited for at least until they have ended.
    /// [`install`](Self::install) refuses a time of zero, and one that is shorter than the minimum drain time. A time that
    /// is longer than hooks may use in all has no effect, and a warning at install says so.
    pub fn max_drain_time(mut self, time: Duration) -> Self {
        self.max_drain_time = Some(time);
        self
    }

    /// Sets the signals that start a shutdown. Default: SIGTERM and SIGINT; on Windows SIGQUIT and SIGHUP, too.
    ///
    /// On Windows, [`Signal`] is an event of the console. A signal that the system cannot send has no effect.
    ///
    /// A program that a person runs in a terminal, also over ssh, gets SIGHUP when the terminal is closed. Without SIGHUP in
    /// the set, the signal ends the program at once, and no hook runs. `[SIGTERM, SIGINT, SIGHUP]` runs the hooks; hooks
    /// that print with `println!` fail then, because the terminal is gone. SIGHUP is not in the default set, not even in a
    /// terminal: many services read their configuration again at SIGHUP, and a program should obey the same signals
    /// wherever it is started. With `nohup`, SIGHUP stays ignored.
    ///
    /// A signal that was ignored when the program started (`nohup`, a background job of a shell) stays ignored, unless
    /// [`handle_ignored_signals`](Self::handle_ignored_signals) is set. The line at install lists the signals that are
    /// handled. There is a warning if SIGTERM, or every signal of the set, stays ignored, and none if only SIGINT, SIGQUIT
    /// or SIGHUP does: shells ignore the first two for a job with `&`, and `nohup` ignores the third.
    pub fn signals(mut self, signals: impl IntoIterator<Item = Signal>) -> Self {
        self.signals.set_signals(signals.into_iter().collect());
        self
    }

    /// Sets whether a repeat of every signal makes the shutdown fast, then immediate.
    ///
    /// Otherwise only a repeat of SIGINT does: some platforms send SIGTERM twice. Default: off.
    pub fn escalate_on_any(mut self, yes: bool) -> Self {
        self.escalate_on_any = yes;
        self
    }

    /// Sets whether the exit code is 128 + n, not 0, after a clean shutdown by signal n. Default: off.
    pub fn signal_exit_code(mut self, yes: bool) -> Self {
        self.signal_exit_code = yes;
        self
    }

    /// Sets whether to handle signals that were ignored when the program started. Default: off.
    pub fn handle_ignored_signals(mut self, yes: bool) -> Self {
        self.signals.set_handle_ignored_signals(yes);
        self
    }

    /// Sets how the process ends when all hooks have ended. Default: [`ExitMode::Immediate`].
    pub fn exit_mode(mut self, mode: ExitMode) -> Self {
        self.exit_mode = mode;
        self
    }

    /// Sets whether to write nothing to stderr at an install without warnings and at a clean shutdown. Default: off.
    ///
    /// For command-line tools, whose users read stderr. Warnings and failures are written anyway, and `tracing`
    /// receives all events.
    pub fn quiet(mut self, yes: bool) -> Self {
        self.quiet = yes;
        self
    }

    /// Sets the version of the program, which every report names: `env!("CARGO_PKG_VERSION")`.
    ///
    /// Default: with `#[on_shutdown::main]`, the version of the package; otherwise none.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the format of what on-shutdown writes to stderr.
    ///
    /// Takes precedence over the environment variable `ON_SHUTDOWN_FORMAT`. Default: the variable, otherwise
    /// [`LogFormat::Text`]. What is written before the install, and an error of the install, have the format of the
    /// variable.
    pub fn format(mut self, format: LogFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets a file to write the report to. The ending selects the format: `.txt`, or `.json` with the feature `json`. `{pid}`
    /// in the path becomes the process id: write it if several processes of the program run at once.
    ///
    /// Takes precedence over the environment variable `ON_SHUTDOWN_REPORT`. The file is replaced as a whole, never through
    /// a symbolic link, and only its owner can read it. An error is written to stderr, and does not delay the end. The
    /// command `on-shutdown-report` converts JSON to HTML, SVG or a trace for Perfetto. Default: the variable, otherwise
    /// no file.
    pub fn report_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.report_file = Some(path.into());
        self
    }

    /// Removes a linked hook from the plan, by its full name: `orders::flush`, as `ON_SHUTDOWN=plan` lists it.
    ///
    /// For hooks of dependencies. Hooks that are `after` the disabled hook do not wait for it.
    ///
    /// The environment variable `ON_SHUTDOWN_HOOKS` also changes hooks:
    /// `ON_SHUTDOWN_HOOKS="orders::flush timeout=2s priority=5; metrics::push disabled"`. What the program sets for a
    /// hook takes precedence over the same setting in the variable. If no linked hook has the name,
    /// [`install`](Self::install) returns an error. The exception is an entry of the variable for a crate without hooks in
    /// this program, which is ignored with a warning: the variable may be inherited from a program with other hooks.
    pub fn disable_hook(mut self, full_name: &str) -> Self {
        self.overrides.add(full_name, Change::Disabled, OverrideSource::Program);
        self
    }

    /// Sets the timeout of a linked hook, by its full name. Replaces the timeout of the attribute.
    pub fn hook_timeout(mut self, full_name: &str, timeout: Duration) -> Self {
        self.overrides.add(full_name, Change::Timeout(timeout), OverrideSource::Program);
        self
    }

    /// Sets the priority of a linked hook, by its full name. Replaces the priority of the attribute.
    pub fn hook_priority(mut self, full_name: &str, priority: i32) -> Self {
        self.overrides.add(full_name, Change::Priority(priority), OverrideSource::Program);
        self
    }

    /// Makes the plan from these settings, the environment and the linked hooks. Runs and installs nothing.
    ///
    /// # Errors
    /// The same as [`install`](Self::install), except for what the system refuses.
    pub fn plan(&self) -> Result<Plan, InstallError> {
        Ok(self.resolve()?.plan)
    }

    /// Makes the plan from these settings and the linked hooks, without the environment: tests give the same result on
    /// every machine.
    #[cfg(feature = "testing")]
    pub(crate) fn plan_anywhere(&self) -> Result<Plan, InstallError> {
        let budget = Budget::choose(self.grace_period, None, None)?;
        let delay = DrainDelay::choose(self.drain_delay, None, None, &budget, self.min_drain_time)?;
        self.make_plan(budget, delay, self.overrides.clone())
    }

    fn make_plan(&self, budget: Budget, delay: DrainDelay, overrides: Overrides) -> Result<Plan, InstallError> {
        self.signals.check()?;
        let reserved = delay.length.saturating_add(self.min_drain_time);
        if reserved > budget.longest_drain_delay() && !self.min_drain_time.is_zero() {
            return Err(InstallError::MinDrainTime { time: self.min_drain_time, delay: delay.length, budget });
        }
        if let Some(time) = self.max_drain_time.filter(|time| time.is_zero() || *time < self.min_drain_time) {
            return Err(InstallError::MaxDrainTime { time, min: self.min_drain_time });
        }
        let (hooks, disabled) = overrides.apply(registry::linked())?;
        let plan = Plan::new(hooks, budget, delay)?.with_disabled(disabled);
        Ok(plan.with_min_drain_time(self.min_drain_time).with_max_drain_time(self.max_drain_time))
    }
}

/// What the settings and the environment say together.
pub(crate) struct Resolved {
    pub(crate) plan: Plan,
    pub(crate) report_file: Option<ReportFile>,
    /// Why the report goes to another file than the one that the variable names.
    pub(crate) report_note: Option<String>,
    /// One sentence for each environment variable, or part of one, that has no effect or another one than it says.
    pub(crate) unused_variables: Vec<String>,
    pub(crate) format: LogFormat,
}

impl Settings {
    /// Returns the settings that the reporter needs.
    pub(crate) fn reporter_options(&self) -> ReporterOptions {
        let Self { exit_mode, signal_exit_code, quiet, .. } = *self;
        ReporterOptions { exit_mode, signal_exit_code, quiet }
    }

    /// Combines these settings with the environment. The program takes precedence over every variable except the grace
    /// period: it was tested with its own values, and a child that inherits the variables of its parent keeps to its own
    /// file. The grace period belongs to the platform; see [`Budget::choose`].
    pub(crate) fn resolve(&self) -> Result<Resolved, InstallError> {
        let environment = Environment::read()?;
        let (format, format_warning) = LogFormat::choose(self.format, environment.format.as_deref())
            .map_err(|name| InstallError::Format { name })?;
        let platform = Platform::infer();
        let budget = Budget::choose(self.grace_period, environment.grace_period.as_deref(), platform)?;
        let told = environment.drain_delay.as_deref();
        let delay = DrainDelay::choose(self.drain_delay, told, platform, &budget, self.min_drain_time)?;
        // A clone: `plan` may be called again, after the environment has changed.
        let mut overrides = self.overrides.clone();
        let known = || registry::linked().iter().map(|hook| hook.full_name()).collect::<Vec<_>>();
        let hooks = environment.hooks.as_deref();
        let unused_changes = hooks.map_or(Ok(Vec::new()), |text| overrides.parse(text, &known()))?;
        let plan = self.make_plan(budget, delay, overrides)?;
        let of_variable = || environment.report.as_deref().map(ReportPath::of_variable);
        let report = self.report_file.as_deref().map(ReportPath::of_program).or_else(of_variable);
        let report_file = report.as_ref().map(|report| ReportFile::new(&report.path)).transpose()?;
        let (report_note, report_warning) = report.map_or((None, None), |report| (report.note, report.warning));
        let mut unused_variables = self.unused(&environment);
        unused_variables.extend(report_warning);
        unused_variables.extend(format_warning);
        unused_variables.extend(unused_changes);
        unused_variables.extend(unknown_variables::warnings(std::env::vars_os()));
        Ok(Resolved { plan, report_file, report_note, unused_variables, format })
    }

    /// Returns one sentence for each variable that has no effect, because the program sets another value.
    fn unused(&self, environment: &Environment) -> Vec<String> {
        let drain_delay = environment.drain_delay.as_deref().zip(self.drain_delay);
        let drain_delay =
            drain_delay.filter(|(text, own)| duration_text::parse(text) != Ok(*own)).map(|(text, own)| {
                format!(
                    "`{DRAIN_DELAY_ENV}={text}` has no effect: the program sets its drain delay to {}; \
                 remove `drain_delay` from the program, or unset the variable",
                    HumanDuration(own)
                )
            });
        let report = match (&self.report_file, &environment.report) {
            (Some(own), Some(path)) if own != path => Some(format!(
                "`{REPORT_ENV}={}` has no effect: the program writes its report to {}; \
                 remove `report_file` from the program, or unset the variable",
                path.display(),
                own.display()
            )),
            _ => None,
        };
        [drain_delay, report].into_iter().flatten().collect()
    }
}
