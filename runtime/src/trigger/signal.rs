//! Defines [`Signal`]. No other file of this crate contains signal numbers.

use std::fmt;
use std::str::FromStr;

use super::system::{self, numbers};

/// A Unix signal, or the event of another system that has its name.
///
/// Every name and every method exists on every target, so that a program for one of them compiles for the others. What
/// arrives depends on the system:
///
/// | signal | Unix | Windows | wasm, others |
/// |---|---|---|---|
/// | SIGINT | Ctrl-C at a terminal | Ctrl-C at a console | |
/// | SIGTERM | the platform stops the program | the system shuts down, or `docker stop` | |
/// | SIGQUIT | Ctrl-\\ at a terminal | Ctrl-Break at a console, or from the process that has started this one | |
/// | SIGHUP | the terminal was closed | the console was closed; the process ends 5 s later | |
/// | others | as the system defines them | | |
///
/// An empty field is a signal that never arrives. A set of signals may name it. The line that the program prints at install
/// names the signals that can arrive. The event that a user logs off from Windows is no signal here: it reaches services
/// alone, and these continue to run.
///
/// # Examples
/// ```
/// use on_shutdown::Signal;
///
/// assert_eq!(Signal::SIGTERM.to_string(), "SIGTERM");
/// assert_eq!("TERM".parse(), Ok(Signal::SIGTERM));
/// assert_eq!(Signal::try_from(15), Ok(Signal::SIGTERM));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal(i32);

impl Signal {
    /// The terminal was closed; for many daemons, a request to read the configuration again.
    pub const SIGHUP: Self = Self(numbers::SIGHUP);
    /// Ctrl-C, pressed by a person at a terminal.
    pub const SIGINT: Self = Self(numbers::SIGINT);
    /// Ctrl-\, pressed by a person at a terminal.
    pub const SIGQUIT: Self = Self(numbers::SIGQUIT);
    /// A request by the platform to stop.
    pub const SIGTERM: Self = Self(numbers::SIGTERM);
    /// A signal for the program's own use.
    pub const SIGUSR1: Self = Self(numbers::SIGUSR1);
    /// A second signal for the program's own use.
    pub const SIGUSR2: Self = Self(numbers::SIGUSR2);
    /// The size of the terminal changed. Apache stops gracefully on this signal, and some images send it.
    pub const SIGWINCH: Self = Self(numbers::SIGWINCH);
    /// A timer of `alarm` expired.
    pub const SIGALRM: Self = Self(numbers::SIGALRM);
    /// The signal of the last-resort timer (see `exit`), chosen because few programs use it.
    pub(crate) const LAST_RESORT: Self = Self(numbers::SIGVTALRM);

    /// Creates a signal from its number, without a check.
    ///
    /// Install checks that the signal exists and can be caught. `Signal::try_from` checks at once that it exists.
    /// Real-time signals have numbers only: `SIGRTMIN+3` is 37 with glibc.
    #[must_use]
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Returns whether a handler is impossible: the kernel refuses one for SIGKILL and SIGSTOP, and signal-hook
    /// refuses one for faults.
    pub(super) fn is_uncatchable(self) -> bool {
        numbers::FORBIDDEN.contains(&self.0)
    }

    /// Returns whether terminals send the signal, and shells and `nohup` ignore it for what shall survive the terminal.
    pub(crate) fn is_from_terminal(self) -> bool {
        [Self::SIGINT, Self::SIGQUIT, Self::SIGHUP].contains(&self)
    }

    /// Returns the bit of the signal in the masks of Linux. The number is between 1 and 64.
    pub(super) fn bit(self) -> u64 {
        1 << (self.0 - 1)
    }

    /// Returns whether the system can send the signal to a program.
    pub(super) fn can_arrive(self) -> bool {
        system::can_arrive(self)
    }

    /// Returns whether the kernel knows the number. The C library keeps 32 and 33 for itself.
    pub(super) fn exists(self) -> bool {
        (1..=31).contains(&self.0) || (34..=64).contains(&self.0)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match numbers::name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

/// Creates a signal from its number, and checks that the signal exists.
impl TryFrom<i32> for Signal {
    type Error = UnknownSignalError;

    fn try_from(number: i32) -> Result<Self, UnknownSignalError> {
        let signal = Self(number);
        if signal.exists() { Ok(signal) } else { Err(UnknownSignalError(number.to_string())) }
    }
}

/// Parses a name (`SIGTERM`, `TERM`) or a number (`15`), as `STOPSIGNAL` of a container image takes them.
impl FromStr for Signal {
    type Err = UnknownSignalError;

    fn from_str(text: &str) -> Result<Self, UnknownSignalError> {
        let unknown = || UnknownSignalError(text.to_owned());
        if let Ok(number) = text.parse::<i32>() {
            return Self::try_from(number);
        }
        // Only one `SIG` is stripped: `SIGSIGTERM` is a mistake.
        let short = |name: &str| name.strip_prefix("SIG").unwrap_or(name).to_owned();
        let has_name = |number: &i32| numbers::name(*number).is_some_and(|name| short(name) == short(text));
        (1..=31).find(has_name).map(Self).ok_or_else(unknown)
    }
}

/// The error for a number or a name that no [`Signal`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSignalError(String);

impl fmt::Display for UnknownSignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown signal `{}`; write a name, for example `SIGTERM`, or a number from 1 to 31 or from 34 to 64",
            self.0
        )
    }
}

impl std::error::Error for UnknownSignalError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_parsed_from_its_name_and_its_number() {
        for text in ["SIGTERM", "TERM", "15"] {
            assert_eq!(text.parse(), Ok(Signal::SIGTERM), "{text}");
        }
        assert_eq!("37".parse(), Ok(Signal::from_raw(37)));
        for number in 1..=31 {
            let signal = Signal::from_raw(number);
            assert!(signal.to_string().starts_with("signal ") || signal.to_string().parse() == Ok(signal), "{signal}");
        }
        for text in ["", "SIG", "sigterm", "SIGSIGTERM", "0", "32", "65", "-1", "99999999999"] {
            assert_eq!(text.parse::<Signal>(), Err(UnknownSignalError(text.to_owned())));
        }
    }

    /// Ctrl-T at a terminal of macOS and BSD, where it has a name and a number. Programs ignore it unless they handle it.
    #[test]
    fn siginfo_is_a_signal_where_the_system_has_it_and_unknown_elsewhere() {
        let has_siginfo =
            cfg!(any(target_os = "macos", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd"));
        let parsed = "SIGINFO".parse::<Signal>();
        assert_eq!(parsed.as_ref().ok().map(|signal| signal.number()), has_siginfo.then_some(29));
        assert_eq!(parsed.is_err(), !has_siginfo);
        assert!(!Signal::from_raw(29).is_from_terminal(), "it does not ask the program to end");
    }

    #[test]
    fn an_unknown_signal_says_what_to_write() {
        let expected =
            "unknown signal `99`; write a name, for example `SIGTERM`, or a number from 1 to 31 or from 34 to 64";
        assert_eq!(Signal::try_from(99).map_err(|error| error.to_string()), Err(expected.to_owned()));
    }
}
