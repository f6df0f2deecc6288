//! Chooses the grace period, and computes how much of it hooks may use. Pure.

use std::fmt;
use std::time::Duration;

use crate::duration_text::{self, HumanDuration};
use crate::plan::platform::Platform;

/// The environment variable that sets the grace period. It takes precedence over the program: only the operator knows when
/// the platform sends SIGKILL. A blank value counts as not set.
pub const GRACE_PERIOD_ENV: &str = "ON_SHUTDOWN_GRACE_PERIOD";

/// The grace period if neither the program nor the environment sets one and no platform is detected: the default of
/// docker. On Windows 5 s, which is the time that a program has when its console is closed.
pub const DEFAULT_GRACE_PERIOD: Duration = Duration::from_secs(if cfg!(windows) { 5 } else { 10 });

/// The source of the grace period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraceSource {
    /// The program set it, with [`Settings::grace_period`](crate::Settings::grace_period) or
    /// `#[main(grace_period = ..)]`.
    Program,
    /// The variable `ON_SHUTDOWN_GRACE_PERIOD` set it.
    Environment,
    /// It is the default of the platform that was detected.
    Platform(Platform),
    /// It is [`DEFAULT_GRACE_PERIOD`].
    Default,
}

impl fmt::Display for GraceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("set by the program"),
            Self::Environment => f.write_str("from ON_SHUTDOWN_GRACE_PERIOD"),
            Self::Platform(platform) => {
                write!(f, "the default of {}, detected by {}", platform.name(), platform.marker())
            }
            Self::Default => f.write_str("the default"),
        }
    }
}

/// The grace period, and the part of it that hooks may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    grace_period: Duration,
    source: GraceSource,
    /// The grace period that the program sets, if the variable sets another one.
    overridden: Option<Duration>,
    /// Stored, because the plan reads it for every hook.
    usable: Duration,
}

/// The error for a grace period that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraceError {
    /// The grace period is shorter than [`Budget::SHORTEST`] or longer than [`Budget::LONGEST`].
    OutOfRange {
        /// The grace period.
        given: Duration,
        /// Where it was set.
        source: GraceSource,
    },
    /// The value of the environment variable is not a duration.
    Unreadable {
        /// The variable's value.
        value: String,
        /// The mistake, and what to write instead.
        reason: String,
    },
}

impl fmt::Display for GraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { given, source } => write!(
                f,
                "a grace period of {} ({source}) cannot be used; write a duration between {} and {}",
                HumanDuration(*given),
                HumanDuration(Budget::SHORTEST),
                HumanDuration(Budget::LONGEST),
            ),
            Self::Unreadable { value, reason } => {
                write!(f, "`{GRACE_PERIOD_ENV}={value}` is not a duration: {reason}")
            }
        }
    }
}

impl std::error::Error for GraceError {}

impl Budget {
    /// The minimum grace period. A shorter one leaves hooks no time.
    pub const SHORTEST: Duration = Duration::from_millis(100);
    /// The maximum grace period. A longer one is a mistake in the unit.
    pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

    /// Chooses the grace period: the environment's, otherwise the one that the program set, otherwise the platform's
    /// default, otherwise [`DEFAULT_GRACE_PERIOD`].
    ///
    /// The environment goes first, unlike with all other settings, because the grace period is a fact about the platform.
    /// A program that believes in more time than the platform gives ends by SIGKILL.
    ///
    /// # Errors
    /// Returns an error if the chosen one is not a duration or out of range.
    pub(crate) fn choose(
        program: Option<Duration>,
        environment: Option<&str>,
        platform: Option<Platform>,
    ) -> Result<Self, GraceError> {
        match (program, environment, platform) {
            (_, Some(text), _) => {
                let unreadable = |reason| GraceError::Unreadable { value: text.to_owned(), reason };
                let period = duration_text::parse(text).map_err(unreadable)?;
                let overridden = program.filter(|own| *own != period);
                Ok(Self { overridden, ..Self::new(period, GraceSource::Environment)? })
            }
            (Some(period), None, _) => Self::of_program(period),
            (None, None, Some(platform)) => Self::new(platform.grace_period(), GraceSource::Platform(platform)),
            (None, None, None) => Self::new(DEFAULT_GRACE_PERIOD, GraceSource::Default),
        }
    }

    /// Returns the budget of a grace period that the program sets.
    pub(crate) fn of_program(period: Duration) -> Result<Self, GraceError> {
        Self::new(period, GraceSource::Program)
    }

    fn new(grace_period: Duration, source: GraceSource) -> Result<Self, GraceError> {
        if (Self::SHORTEST..=Self::LONGEST).contains(&grace_period) {
            Ok(Self::of(grace_period, source))
        } else {
            Err(GraceError::OutOfRange { given: grace_period, source })
        }
    }

    fn of(grace_period: Duration, source: GraceSource) -> Self {
        let budget = Self { grace_period, source, overridden: None, usable: grace_period };
        Self { usable: budget.total().saturating_sub(budget.finalization_time()), ..budget }
    }

    /// Returns the budget if no grace period is set and the platform is unknown.
    pub(crate) fn without_platform() -> Self {
        Self::of(DEFAULT_GRACE_PERIOD, GraceSource::Default)
    }

    /// Returns the time from the trigger to the platform's SIGKILL.
    #[must_use]
    pub fn grace_period(&self) -> Duration {
        self.grace_period
    }

    /// Returns where the grace period was set.
    #[must_use]
    pub fn source(&self) -> GraceSource {
        self.source
    }

    /// Returns the name of what must be longer for a longer grace period: a setting of the program has no effect beside the
    /// variable.
    pub(crate) fn setting(&self) -> &'static str {
        if self.source == GraceSource::Environment { GRACE_PERIOD_ENV } else { "grace_period" }
    }

    /// Returns the part of the grace period that is kept for the end of the process: 15 %, at least 1 s and at most
    /// 5 s. Of a grace period under 5 s it is 20 %.
    #[must_use]
    pub fn margin(&self) -> Duration {
        // Under 5 s, a margin of 1 s would take too much of the grace period.
        if self.grace_period < Duration::from_secs(5) {
            self.grace_period / 5
        } else {
            (self.grace_period * 3 / 20).clamp(Duration::from_secs(1), Duration::from_secs(5))
        }
    }

    /// Returns the budget, the time from the trigger to the deadline: the grace period less the margin. The process ends
    /// before the deadline.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.grace_period.saturating_sub(self.margin())
    }

    /// Returns the time that is kept for `flush` and the phases after it: 10 % of the budget, at least 1 s, and at most
    /// half of the budget.
    #[must_use]
    pub fn flush_slice(&self) -> Duration {
        // At most half, so that a short budget also leaves time for the phases before `flush`.
        (self.total() / 10).max(Duration::from_secs(1)).min(self.total() / 2)
    }

    /// Returns the time, from the trigger, after which no hook runs. The rest of the budget is for the report and the end
    /// of the process.
    #[must_use]
    pub fn usable(&self) -> Duration {
        self.usable
    }

    /// Returns the minimum time of a hook without a timeout, in a plan that fits.
    pub(crate) fn least_share(&self) -> Duration {
        Self::least_share_of(self.usable)
    }

    /// Returns the [least share](Self::least_share) for this usable time.
    ///
    /// 1 s is enough for a few round trips to a slow peer. In a short grace period it is a tenth, so that the six phases
    /// of a program without timeouts always fit.
    pub(crate) fn least_share_of(usable: Duration) -> Duration {
        (usable / 10).min(Duration::from_secs(1))
    }

    /// Returns the maximum drain delay. It leaves the slice for `flush`, and the least share of one hook before `flush`.
    pub(crate) fn longest_drain_delay(&self) -> Duration {
        self.usable.saturating_sub(self.flush_slice()).saturating_sub(self.least_share())
    }

    /// Returns the error message for a minimum drain time that does not fit: the reason, and what to write instead.
    pub(crate) fn min_drain_time_error(&self, time: Duration, delay: Duration) -> String {
        let all = time.saturating_add(delay);
        let after =
            if delay.is_zero() { String::new() } else { format!(" after a drain delay of {}", HumanDuration(delay)) };
        let shorter = match self.longest_drain_delay().checked_sub(delay) {
            None | Some(Duration::ZERO) => "write a shorter `drain_delay`".to_owned(),
            Some(longest) => format!("write a `min_drain_time` of at most {}", HumanDuration(longest)),
        };
        let longer = match Self::shortest_for_delay(all) {
            Some(period) => format!(" or a `{}` of at least {}", self.setting(), HumanDuration(period)),
            None => String::new(),
        };
        format!(
            "a minimum drain time of {}{after} leaves later hooks no time: the grace period of {} gives hooks {}, of which \
             the last {} are kept for flush, and {} for a hook before it; {shorter}{longer}",
            HumanDuration(time),
            HumanDuration(self.grace_period),
            HumanDuration(self.usable),
            HumanDuration(self.flush_slice()),
            HumanDuration(self.least_share()),
        )
    }

    /// Returns the shortest grace period, in whole seconds, that allows this drain delay. Returns `None` if the longest
    /// grace period is too short.
    pub(crate) fn shortest_for_delay(delay: Duration) -> Option<Duration> {
        let allows = |seconds: u64| {
            let budget = Self::new(Duration::from_secs(seconds), GraceSource::Program);
            budget.is_ok_and(|budget| budget.longest_drain_delay() >= delay)
        };
        let (mut too_short, mut enough) = (0, Self::LONGEST.as_secs());
        if !allows(enough) {
            return None;
        }
        // Binary search: a longer grace period always allows a longer delay.
        while enough.saturating_sub(too_short) > 1 {
            let middle = too_short.midpoint(enough);
            if allows(middle) { enough = middle } else { too_short = middle }
        }
        Some(Duration::from_secs(enough))
    }

    /// Returns the time, from the trigger, at which the last-resort timer ends the process: shortly before the deadline.
    pub(crate) fn last_resort_deadline(&self) -> Duration {
        // The last quarter is for the exit itself, and for a timer that fires late on a busy machine.
        self.total().saturating_sub(self.finalization_time() / 4)
    }

    /// Returns the time, from the trigger, by which the report must be written and the output flushed.
    pub(crate) fn finalization_deadline(&self) -> Duration {
        // Before the last resort, so that a slow report does not decide the exit code.
        self.total().saturating_sub(self.finalization_time() / 2)
    }

    /// Returns how long the report may wait for stderr and the subscriber, if the shutdown has ended at this time.
    pub(crate) fn report_time(&self, ended: Duration) -> Duration {
        // Half of the time: the files come next, and at the deadline the supervisor ends what takes longer.
        self.finalization_deadline().saturating_sub(ended) / 2
    }

    /// Returns the time for the report and the end of the process: 5 % of the budget, at most 200 ms. Both take a few
    /// milliseconds on a machine with spare CPU time.
    fn finalization_time(&self) -> Duration {
        (self.total() / 20).min(Duration::from_millis(200))
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { grace_period, source, .. } = self;
        let (grace_period, deadline) = (HumanDuration(*grace_period), HumanDuration(self.total()));
        write!(f, "grace period {grace_period} ({source}")?;
        if let Some(own) = self.overridden {
            write!(f, ", which goes before the {} of the program", HumanDuration(own))?;
        }
        write!(f, "), deadline {deadline} after the trigger")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn of(period: Duration) -> Budget {
        Budget::new(period, GraceSource::Program).expect("a valid grace period")
    }

    #[test]
    fn spec_3_10_the_environment_goes_before_the_program_before_the_default() {
        let chosen = |program, text| Budget::choose(program, text, None).map(|it| (it.grace_period, it.source));
        assert_eq!(chosen(Some(secs(25)), Some("30s")), Ok((secs(30), GraceSource::Environment)));
        assert_eq!(chosen(Some(secs(25)), None), Ok((secs(25), GraceSource::Program)));
        assert_eq!(chosen(None, Some("1m30s")), Ok((secs(90), GraceSource::Environment)));
        assert_eq!(chosen(None, None), Ok((secs(10), GraceSource::Default)));
    }

    #[test]
    fn spec_3_10_the_margin_is_15_percent_between_1_and_5_seconds_and_20_percent_of_short_graces() {
        assert_eq!(of(secs(2)).margin(), Duration::from_millis(400));
        assert_eq!(of(secs(5)).margin(), secs(1));
        assert_eq!(of(secs(10)).margin(), Duration::from_millis(1500));
        assert_eq!(of(secs(30)).margin(), Duration::from_millis(4500));
        assert_eq!(of(secs(90)).margin(), secs(5));
    }

    #[test]
    fn the_shortest_grace_period_for_a_drain_delay_is_found_also_at_its_ends() {
        assert_eq!(Budget::shortest_for_delay(Duration::ZERO), Some(secs(1)));
        let longest = of(Budget::LONGEST).longest_drain_delay();
        assert_eq!(Budget::shortest_for_delay(longest), Some(Budget::LONGEST));
        assert_eq!(Budget::shortest_for_delay(longest + Duration::from_nanos(1)), None);
    }

    #[test]
    fn spec_3_11_the_flush_slice_is_10_percent_and_at_least_a_second() {
        assert_eq!(of(secs(10)).flush_slice(), secs(1));
        assert_eq!(of(secs(90)).flush_slice(), Duration::from_millis(8500));
        assert_eq!(of(secs(1)).flush_slice(), Duration::from_millis(400));
    }

    #[test]
    fn the_end_of_the_process_has_its_times_in_order() {
        let (ten, ms) = (of(secs(10)), Duration::from_millis);
        assert_eq!([ten.usable(), ten.finalization_deadline()], [ms(8300), ms(8400)]);
        assert_eq!([ten.last_resort_deadline(), ten.total()], [ms(8450), ms(8500)]);
        assert_eq!([8300, 8400, 8500].map(|ended| ten.report_time(ms(ended))), [50, 0, 0].map(ms));
        assert_eq!(of(secs(1)).finalization_deadline(), ms(780), "5 % of a short budget");
    }

    #[test]
    fn a_bad_grace_period_names_the_variable_the_value_and_what_to_write() {
        let message =
            |text| Budget::choose(None, Some(text), None).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(message("30"), "`ON_SHUTDOWN_GRACE_PERIOD=30` is not a duration: the unit is missing; write `30s`");
        assert!(message("soon").starts_with("`ON_SHUTDOWN_GRACE_PERIOD=soon` is not a duration: "));
        assert!(message("0s").contains("cannot be used"), "{}", message("0s"));
        assert!(message("99999999999999999999s").contains("is not a duration"));
    }
}
