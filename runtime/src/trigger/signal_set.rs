//! Checks the set of signals that start a shutdown.

use std::fmt;

use super::{Signal, system};

/// The signals that start a shutdown.
#[derive(Clone, Debug)]
pub(crate) struct SignalSet {
    signals: Vec<Signal>,
    handle_ignored_signals: bool,
}

/// The error for a set of signals that cannot be handled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignalSetError {
    /// The set is empty, so no signal could start a shutdown.
    Empty,
    /// The signal is SIGKILL, SIGSTOP or a fault.
    Uncatchable(Signal),
    /// The number is not that of a signal.
    Unknown(Signal),
    /// The signal is reserved for the last-resort timer, which ends a shutdown that hangs.
    Reserved(Signal),
}

impl fmt::Display for SignalSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the set of signals is empty; name at least one, for example `SIGTERM`"),
            Self::Uncatchable(signal) => {
                write!(f, "{signal} cannot be caught; write `SIGTERM`, or the STOPSIGNAL of the container image")
            }
            Self::Unknown(signal) => write!(
                f,
                "there is no signal with the number {}; numbers go from 1 to 31 and from 34 to 64",
                signal.number()
            ),
            Self::Reserved(signal) => {
                write!(
                    f,
                    "{signal} is reserved for the last-resort timer, which ends a shutdown that hangs; write another signal, for example `SIGTERM`"
                )
            }
        }
    }
}

impl std::error::Error for SignalSetError {}

impl Default for SignalSet {
    fn default() -> Self {
        Self { signals: system::DEFAULT_SIGNALS.to_vec(), handle_ignored_signals: false }
    }
}

impl SignalSet {
    pub(crate) fn set_signals(&mut self, signals: Vec<Signal>) {
        self.signals = signals;
    }

    pub(crate) fn set_handle_ignored_signals(&mut self, yes: bool) {
        self.handle_ignored_signals = yes;
    }

    /// Checks that every signal can be handled.
    pub(crate) fn check(&self) -> Result<(), SignalSetError> {
        if self.signals.is_empty() {
            return Err(SignalSetError::Empty);
        }
        self.signals.iter().try_for_each(|signal| match signal {
            signal if !signal.exists() => Err(SignalSetError::Unknown(*signal)),
            signal if signal.is_uncatchable() => Err(SignalSetError::Uncatchable(*signal)),
            signal if *signal == Signal::LAST_RESORT => Err(SignalSetError::Reserved(*signal)),
            _ => Ok(()),
        })
    }

    /// Returns the signals to handle, and the signals to leave ignored because they were ignored when the program
    /// started. Neither has a signal that cannot arrive on this system.
    pub(crate) fn split_ignored(&self) -> (Vec<Signal>, Vec<Signal>) {
        let ignored = if self.handle_ignored_signals { 0 } else { system::ignored() };
        // `check` ran before, so each signal has a bit.
        let arriving = self.signals.iter().filter(|signal| signal.can_arrive());
        arriving.partition(|signal| ignored & signal.bit() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(numbers: &[i32]) -> Result<(), SignalSetError> {
        let signals = numbers.iter().map(|number| Signal::from_raw(*number)).collect();
        SignalSet { signals, handle_ignored_signals: false }.check()
    }

    #[test]
    fn a_set_that_cannot_be_handled_is_an_error() {
        assert_eq!(checked(&[15, 2, 37]), Ok(()));
        assert_eq!(checked(&[]), Err(SignalSetError::Empty));
        assert_eq!(checked(&[15, 9]), Err(SignalSetError::Uncatchable(Signal::from_raw(9))));
        assert_eq!(checked(&[19]), Err(SignalSetError::Uncatchable(Signal::from_raw(19))));
        for unknown in [-1, 0, 32, 33, 65, i32::MAX] {
            assert_eq!(checked(&[unknown]), Err(SignalSetError::Unknown(Signal::from_raw(unknown))));
        }
        assert_eq!(checked(&[26]), Err(SignalSetError::Reserved(Signal::from_raw(26))));
    }
}
