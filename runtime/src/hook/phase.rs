//! Defines the six phases of a shutdown and their order.

use std::fmt;
use std::str::FromStr;

/// The kind of work that a hook does.
///
/// Phases run in the order in which they are listed here. A phase starts when all hooks of the phase before it have
/// ended. There are no other phases.
///
/// # Examples
/// ```
/// use on_shutdown::Phase;
///
/// assert!(Phase::Flush < Phase::Close);
/// assert_eq!(Phase::Flush.name(), "flush");
/// assert_eq!("flush".parse(), Ok(Phase::Flush));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Leave the service registry and fail the readiness probe, so that new work goes to other instances.
    Deregister,
    /// Stop accepting work and finish the work that has begun.
    Drain,
    /// Stop background work: workers, consumers, timers. The default.
    #[default]
    Stop,
    /// Write buffers out, through connections that are still open. A slice of the budget is kept for this phase and
    /// the phases after it.
    Flush,
    /// Close connections, pools, files.
    Close,
    /// Export the last telemetry.
    Finalize,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 6] = [Self::Deregister, Self::Drain, Self::Stop, Self::Flush, Self::Close, Self::Finalize];

    /// Returns the name as the attribute `#[on_shutdown]` spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deregister => "deregister",
            Self::Drain => "drain",
            Self::Stop => "stop",
            Self::Flush => "flush",
            Self::Close => "close",
            Self::Finalize => "finalize",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `pad`, so that tables can align the names.
        f.pad(self.name())
    }
}

/// Parses the name as [`Phase::name`] returns it.
impl FromStr for Phase {
    type Err = UnknownPhaseError;

    fn from_str(name: &str) -> Result<Self, UnknownPhaseError> {
        Self::ALL.into_iter().find(|phase| phase.name() == name).ok_or_else(|| UnknownPhaseError(name.to_owned()))
    }
}

/// The error that parsing a [`Phase`] returns if no phase has the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownPhaseError(String);

impl fmt::Display for UnknownPhaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Phase::ALL.map(|phase| format!("`{phase}`"));
        write!(f, "unknown phase `{}`; write one of {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownPhaseError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_parsed_from_its_name_and_an_error_lists_the_names() {
        for phase in Phase::ALL {
            assert_eq!(phase.name().parse(), Ok(phase));
        }
        let error = "Flush".parse::<Phase>().map_err(|error| error.to_string());
        let expected =
            "unknown phase `Flush`; write one of `deregister`, `drain`, `stop`, `flush`, `close`, `finalize`";
        assert_eq!(error, Err(expected.to_owned()));
    }
}
