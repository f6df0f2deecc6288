//! Chooses the drain delay: the program's, the environment's, or the default of the platform. Pure.

use std::fmt;
use std::time::Duration;

use crate::duration_text::{self, HumanDuration};
use crate::plan::budget::Budget;
use crate::plan::platform::Platform;

/// The name of the environment variable that sets the drain delay: `5s`, `0s`.
pub const DRAIN_DELAY_ENV: &str = "ON_SHUTDOWN_DRAIN_DELAY";

/// The default on Kubernetes. A node that is busy takes seconds to forget a pod; lightship waits as long.
const ON_KUBERNETES: Duration = Duration::from_secs(5);
/// The default takes at most this part of the usable time, so that it fits into short grace periods, too.
const MAX_PART: u32 = 4;

/// The source of the drain delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DrainDelaySource {
    /// The program set it, with [`Settings::drain_delay`](crate::Settings::drain_delay) or `#[main(drain_delay = ..)]`.
    Program,
    /// The variable `ON_SHUTDOWN_DRAIN_DELAY` set it.
    Environment,
    /// It is the default on the platform that was detected.
    Platform(Platform),
    /// It is zero by default.
    Default,
}

impl fmt::Display for DrainDelaySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program => f.write_str("set by the program"),
            Self::Environment => write!(f, "from {DRAIN_DELAY_ENV}"),
            Self::Platform(platform) => write!(f, "the default on {}", platform.name()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// The error for a drain delay that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DrainDelayError {
    /// The delay leaves no time for hooks.
    TooLong {
        /// The chosen delay.
        delay: Duration,
        /// Where it was set.
        source: DrainDelaySource,
        /// The budget that the delay is a part of.
        budget: Budget,
    },
    /// The value of the environment variable is not a duration.
    Unreadable {
        /// The variable's value.
        value: String,
        /// The mistake, and what to write instead.
        reason: String,
    },
}

impl fmt::Display for DrainDelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { delay, source, budget } => f.write_str(&too_long(*delay, *source, budget)),
            Self::Unreadable { value, reason } => write!(f, "`{DRAIN_DELAY_ENV}={value}` is not a duration: {reason}"),
        }
    }
}

impl std::error::Error for DrainDelayError {}

/// Returns the reason for which the delay is too long, and what to write instead.
fn too_long(delay: Duration, source: DrainDelaySource, budget: &Budget) -> String {
    let left = budget.usable().saturating_sub(budget.flush_slice()).saturating_sub(delay);
    let left = if left.is_zero() { "no time".to_owned() } else { format!("only {}", HumanDuration(left)) };
    let longer = match Budget::shortest_for_delay(delay) {
        Some(period) => format!(" or a `{}` of at least {}", budget.setting(), HumanDuration(period)),
        None => String::new(),
    };
    let setting = if source == DrainDelaySource::Environment { DRAIN_DELAY_ENV } else { "drain_delay" };
    format!(
        "a drain delay of {} leaves {left} for hooks: the grace period of {} gives hooks {}, \
         of which the last {} are kept for flush; write a `{setting}` of at most {}{longer}",
        HumanDuration(delay),
        HumanDuration(budget.grace_period()),
        HumanDuration(budget.usable()),
        HumanDuration(budget.flush_slice()),
        HumanDuration(budget.longest_drain_delay()),
    )
}

/// How long the program continues to serve after the trigger, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DrainDelay {
    pub(crate) length: Duration,
    pub(crate) source: DrainDelaySource,
}

impl DrainDelay {
    /// No delay.
    pub(crate) const NONE: Self = Self { length: Duration::ZERO, source: DrainDelaySource::Default };

    /// Chooses the delay: the one that the program set, otherwise the environment's, otherwise 5 s on Kubernetes,
    /// otherwise zero. The default never takes `reserved` away from work in flight, and at most a quarter of the usable
    /// time.
    ///
    /// # Errors
    /// Returns an error if the variable is not a duration, or if a delay that was set leaves hooks no time.
    pub(crate) fn choose(
        program: Option<Duration>,
        environment: Option<&str>,
        platform: Option<Platform>,
        budget: &Budget,
        reserved: Duration,
    ) -> Result<Self, DrainDelayError> {
        match (program, environment, platform) {
            (Some(length), _, _) => Self::of_program(length).checked(budget),
            (None, Some(text), _) => {
                let unreadable = |reason| DrainDelayError::Unreadable { value: text.to_owned(), reason };
                let length = duration_text::parse(text).map_err(unreadable)?;
                Self { length, source: DrainDelaySource::Environment }.checked(budget)
            }
            (None, None, Some(Platform::Kubernetes)) => {
                let part = budget.usable() / MAX_PART;
                let free = budget.longest_drain_delay().saturating_sub(reserved);
                let source = DrainDelaySource::Platform(Platform::Kubernetes);
                Ok(Self { length: ON_KUBERNETES.min(part).min(free), source })
            }
            (None, None, _) => Ok(Self { length: Duration::ZERO, source: DrainDelaySource::Default }),
        }
    }

    /// Returns a delay that the program has set.
    pub(crate) fn of_program(length: Duration) -> Self {
        Self { length, source: DrainDelaySource::Program }
    }

    fn checked(self, budget: &Budget) -> Result<Self, DrainDelayError> {
        let Self { length: delay, source } = self;
        // Zero is always allowed, also in a grace period that is too short for a delay.
        if delay > budget.longest_drain_delay() && !delay.is_zero() {
            return Err(DrainDelayError::TooLong { delay, source, budget: *budget });
        }
        Ok(self)
    }
}

impl fmt::Display for DrainDelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            Duration::ZERO => write!(f, "no drain delay ({})", self.source),
            length => write!(f, "drain delay {} ({})", HumanDuration(length), self.source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUBERNETES: Option<Platform> = Some(Platform::Kubernetes);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn budget(seconds: u64) -> Budget {
        Budget::choose(Some(secs(seconds)), None, None).expect("it is in range")
    }

    #[test]
    fn spec_3_29_the_program_goes_before_the_environment_before_kubernetes_before_zero() {
        let chosen = |program, text, platform| {
            let delay = DrainDelay::choose(program, text, platform, &budget(30), Duration::ZERO);
            delay.map(|delay| delay.to_string()).map_err(|error| error.to_string())
        };
        let said = |text: &str| Ok(text.to_owned());
        assert_eq!(chosen(Some(secs(2)), Some("3s"), KUBERNETES), said("drain delay 2 s (set by the program)"));
        assert_eq!(chosen(Some(secs(0)), Some("3s"), KUBERNETES), said("no drain delay (set by the program)"));
        assert_eq!(chosen(Some(secs(2)), Some("soon"), None), said("drain delay 2 s (set by the program)"));
        assert_eq!(chosen(None, Some("3s"), KUBERNETES), said("drain delay 3 s (from ON_SHUTDOWN_DRAIN_DELAY)"));
        assert_eq!(chosen(None, Some("0s"), KUBERNETES), said("no drain delay (from ON_SHUTDOWN_DRAIN_DELAY)"));
        assert_eq!(chosen(None, None, KUBERNETES), said("drain delay 5 s (the default on Kubernetes)"));
        for other in [None, Some(Platform::Docker), Some(Platform::Systemd), Some(Platform::CloudRun)] {
            assert_eq!(chosen(None, None, other), said("no drain delay (the default)"));
        }
    }

    #[test]
    fn spec_3_29_the_default_fits_into_every_grace_period_beside_what_is_reserved() {
        let default = |seconds, reserved| {
            let delay = DrainDelay::choose(None, None, KUBERNETES, &budget(seconds), reserved);
            delay.expect("a default is never refused").length
        };
        assert_eq!(default(30, Duration::ZERO), secs(5));
        for seconds in 1..60 {
            let (budget, delay) = (budget(seconds), default(seconds, Duration::ZERO));
            assert!(delay <= budget.usable() / 4 && delay <= budget.longest_drain_delay(), "{seconds} s: {delay:?}");
            assert!(delay > Duration::ZERO, "{seconds} s");
            let reserved = budget.longest_drain_delay() - Duration::from_millis(1);
            assert_eq!(default(seconds, reserved), Duration::from_millis(1), "{seconds} s");
        }
    }

    #[test]
    fn spec_3_29_a_delay_that_cannot_be_used_is_an_error_that_says_what_to_write() {
        let error = |program, text| {
            let delay = DrainDelay::choose(program, text, KUBERNETES, &budget(10), Duration::ZERO);
            delay.err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(
            error(None, Some("5")),
            "`ON_SHUTDOWN_DRAIN_DELAY=5` is not a duration: the unit is missing; write `5s`"
        );
        let program = error(Some(secs(7)), None);
        assert!(
            program.ends_with("write a `drain_delay` of at most 6.47 s or a `grace_period` of at least 11 s"),
            "{program}"
        );
        let environment = error(None, Some("7s"));
        assert!(environment.contains("write a `ON_SHUTDOWN_DRAIN_DELAY` of at most 6.47 s"), "{environment}");
        assert_eq!(error(Some(Duration::ZERO), None), "");
    }
}
