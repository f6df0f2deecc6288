//! The grace period, and the time of it that hooks may use. Pure.

use std::fmt;
use std::time::Duration;

use crate::duration_text::{self, HumanDuration};
use crate::plan::platform::Platform;

/// The environment variable that sets the grace period if the program does not. A blank value counts as not set.
pub const GRACE_PERIOD_ENV: &str = "ON_SHUTDOWN_GRACE_PERIOD";

/// The grace period when nothing else is known: docker's.
pub const DEFAULT_GRACE_PERIOD: Duration = Duration::from_secs(10);

/// Who chose the grace period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraceSource {
    /// `Settings::grace_period` or `#[main(grace_period = ..)]`.
    Program,
    /// The variable `ON_SHUTDOWN_GRACE_PERIOD`.
    Environment,
    /// The platform that this process runs on: its default.
    Platform(Platform),
    /// Nobody: the default of 10 s.
    Default,
}

impl fmt::Display for GraceSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("set by the program"),
            Self::Environment => f.write_str("from ON_SHUTDOWN_GRACE_PERIOD"),
            Self::Platform(platform) => write!(f, "the default of {}, known by {}", platform.name(), platform.marker()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// Time from the trigger to the platform's SIGKILL, and what of it the hooks may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    grace_period: Duration,
    source: GraceSource,
    /// The plan asks for it with each hook.
    usable: Duration,
}

/// A grace period that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraceError {
    /// Less than [`Budget::SHORTEST`], or more than [`Budget::LONGEST`].
    OutOfRange {
        /// The length that was asked for.
        given: Duration,
        /// Who asked.
        source: GraceSource,
    },
    /// The environment's text is not a duration; what is wrong with it.
    Unreadable {
        /// The variable's value.
        value: String,
        /// What is wrong, and what to write instead.
        reason: String,
    },
}

impl fmt::Display for GraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { given, source } => write!(
                f,
                "a grace period of {} ({source}) cannot be kept; it must be between {} and {}",
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
    /// The shortest grace period that leaves hooks any time.
    pub const SHORTEST: Duration = Duration::from_millis(100);
    /// The longest; more is a mistake in the unit.
    pub const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

    /// The program's own choice first, then the environment's text, then the platform's default, then ours.
    pub(crate) fn choose(
        program: Option<Duration>,
        environment: Option<&str>,
        platform: Option<Platform>,
    ) -> Result<Self, GraceError> {
        match (program, environment, platform) {
            (Some(period), _, _) => Self::new(period, GraceSource::Program),
            (None, Some(text), _) => {
                let unreadable = |reason| GraceError::Unreadable { value: text.to_owned(), reason };
                Self::new(duration_text::parse(text).map_err(unreadable)?, GraceSource::Environment)
            }
            (None, None, Some(platform)) => Self::new(platform.grace_period(), GraceSource::Platform(platform)),
            (None, None, None) => Self::new(DEFAULT_GRACE_PERIOD, GraceSource::Default),
        }
    }

    fn new(grace_period: Duration, source: GraceSource) -> Result<Self, GraceError> {
        if (Self::SHORTEST..=Self::LONGEST).contains(&grace_period) {
            let whole = Self { grace_period, source, usable: grace_period };
            Ok(Self { usable: whole.total().saturating_sub(whole.conclusion()), ..whole })
        } else {
            Err(GraceError::OutOfRange { given: grace_period, source })
        }
    }

    /// Time from the trigger to the platform's SIGKILL.
    #[must_use]
    pub fn grace_period(&self) -> Duration {
        self.grace_period
    }

    /// Who chose it.
    #[must_use]
    pub fn source(&self) -> GraceSource {
        self.source
    }

    /// What is kept back for the end itself: 15 %, at least 1 s and at most 5 s; 20 % of graces under 5 s.
    #[must_use]
    pub fn margin(&self) -> Duration {
        if self.grace_period < Duration::from_secs(5) {
            self.grace_period / 5
        } else {
            (self.grace_period * 3 / 20).clamp(Duration::from_secs(1), Duration::from_secs(5))
        }
    }

    /// Returns the whole budget, from the trigger to the deadline: the grace period less the margin.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.grace_period.saturating_sub(self.margin())
    }

    /// What is kept for `flush`: 10 % of the budget and at least 1 s, but never more than half of it.
    #[must_use]
    pub fn flush_slice(&self) -> Duration {
        (self.total() / 10).max(Duration::from_secs(1)).min(self.total() / 2)
    }

    /// When hooks are cut short, so that the report is out and the process gone before the deadline.
    #[must_use]
    pub fn usable(&self) -> Duration {
        self.usable
    }

    /// Returns the time that a hook without a written timeout gets at least in a plan that fits.
    pub(crate) fn least_share(&self) -> Duration {
        Self::least_share_of(self.usable)
    }

    /// [`Self::least_share`] of this usable time.
    ///
    /// 1 s is enough for a few round trips to a peer that is slow. In a short grace period it is a tenth, so that
    /// the phases of a program without any timeout always fit.
    pub(crate) fn least_share_of(usable: Duration) -> Duration {
        (usable / 10).min(Duration::from_secs(1))
    }

    /// Returns the longest drain delay that leaves the hooks after it any time: the slice for flush is kept, and before
    /// it at least the share of one hook without a written timeout.
    pub(crate) fn longest_drain_delay(&self) -> Duration {
        self.usable.saturating_sub(self.flush_slice()).saturating_sub(self.least_share())
    }

    /// Says why this drain delay is refused, and what to write instead.
    pub(crate) fn refuse_drain_delay(&self, delay: Duration) -> String {
        let left = self.usable.saturating_sub(self.flush_slice()).saturating_sub(delay);
        let left = if left.is_zero() { "no time".to_owned() } else { format!("only {}", HumanDuration(left)) };
        let longer = match Self::shortest_for_delay(delay) {
            Some(period) => format!(" or a `grace_period` of at least {}", HumanDuration(period)),
            None => String::new(),
        };
        format!(
            "a drain delay of {} leaves {left} for hooks: of the grace period of {}, {} are usable from the trigger on, \
             and the last {} of these are kept for flush; write a `drain_delay` of at most {}{longer}",
            HumanDuration(delay),
            HumanDuration(self.grace_period),
            HumanDuration(self.usable),
            HumanDuration(self.flush_slice()),
            HumanDuration(self.longest_drain_delay()),
        )
    }

    /// Returns the shortest grace period, in whole seconds, that allows this drain delay.
    pub(crate) fn shortest_for_delay(delay: Duration) -> Option<Duration> {
        let allows = |seconds: u64| {
            let budget = Self::new(Duration::from_secs(seconds), GraceSource::Program);
            budget.is_ok_and(|budget| budget.longest_drain_delay() >= delay)
        };
        let (mut too_short, mut enough) = (0, Self::LONGEST.as_secs());
        if !allows(enough) {
            return None;
        }
        while enough.saturating_sub(too_short) > 1 {
            let middle = too_short.midpoint(enough);
            if allows(middle) { enough = middle } else { too_short = middle }
        }
        Some(Duration::from_secs(enough))
    }

    /// When the process ends even if the supervisor cannot see to it: shortly before the deadline.
    pub(crate) fn last_resort(&self) -> Duration {
        self.total().saturating_sub(self.conclusion() / 4)
    }

    /// Until when the end itself may take its time.
    pub(crate) fn conclusion_until(&self) -> Duration {
        self.total().saturating_sub(self.conclusion() / 2)
    }

    fn conclusion(&self) -> Duration {
        (self.total() / 20).min(Duration::from_millis(200))
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { grace_period, source, .. } = self;
        let (grace_period, deadline) = (HumanDuration(*grace_period), HumanDuration(self.total()));
        write!(f, "grace period {grace_period} ({source}), deadline {deadline} after the trigger")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn of(period: Duration) -> Budget {
        Budget::new(period, GraceSource::Program).expect("a grace period that can be kept")
    }

    #[test]
    fn spec_3_10_the_program_goes_before_the_environment_before_the_default() {
        let chosen = |program, text| Budget::choose(program, text, None).map(|it| (it.grace_period, it.source));
        assert_eq!(chosen(Some(secs(25)), Some("30s")), Ok((secs(25), GraceSource::Program)));
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
    fn spec_3_11_the_flush_slice_is_10_percent_and_at_least_a_second() {
        assert_eq!(of(secs(10)).flush_slice(), secs(1));
        assert_eq!(of(secs(90)).flush_slice(), Duration::from_millis(8500));
        assert_eq!(of(secs(1)).flush_slice(), Duration::from_millis(400));
    }

    #[test]
    fn a_bad_grace_period_names_the_variable_the_value_and_what_to_write() {
        let message =
            |text| Budget::choose(None, Some(text), None).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(message("30"), "`ON_SHUTDOWN_GRACE_PERIOD=30` is not a duration: the unit is missing; write `30s`");
        assert!(message("soon").starts_with("`ON_SHUTDOWN_GRACE_PERIOD=soon` is not a duration: "));
        assert!(message("0s").contains("cannot be kept"), "{}", message("0s"));
        assert!(message("99999999999999999999s").contains("is not a duration"));
    }
}
