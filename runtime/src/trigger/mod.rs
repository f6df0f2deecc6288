//! Station 4: signals and requests in, the reason for the stop and its escalations out.

use std::fmt;
use std::time::Duration;

pub(crate) use inbox::{Inbox, Message};
pub(crate) use mask::{BlockedSignals, Masks};
pub use signal::Signal;
pub(crate) use signal_set::SignalSet;
pub use signal_set::SignalSetError;

mod inbox;
mod mask;
mod signal;
mod signal_set;

/// Why the program stops. The first trigger of a shutdown is its reason, whatever comes later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// A signal arrived.
    Signal {
        /// Which one.
        signal: Signal,
        /// Who sent it, where the platform tells and the feature `sender` is on.
        sender: Option<Sender>,
    },
    /// The program asked, with a word on why.
    Request {
        /// The reason as the program gave it.
        label: String,
    },
    /// `main` returned without an error.
    MainReturned,
    /// `main` returned an error.
    MainFailed {
        /// The error, as `{:?}` prints it.
        error: String,
    },
    /// `main` panicked.
    MainPanicked {
        /// The panic's message.
        message: String,
    },
}

impl Trigger {
    /// Whether the program is still serving, so that a drain delay makes sense.
    pub(crate) fn still_serves(&self) -> bool {
        match self {
            Self::Signal { signal, .. } => *signal != Signal::SIGINT,
            Self::Request { .. } => true,
            Self::MainReturned | Self::MainFailed { .. } | Self::MainPanicked { .. } => false,
        }
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal { signal, sender: None } => write!(f, "{signal}"),
            Self::Signal { signal, sender: Some(sender) } => write!(f, "{signal} from {sender}"),
            Self::Request { label } => write!(f, "request: {label}"),
            Self::MainReturned => f.write_str("main returned"),
            Self::MainFailed { error } => write!(f, "main failed: {error}"),
            Self::MainPanicked { message } => write!(f, "main panicked: {message}"),
        }
    }
}

/// The process that sent a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Its process id; 0 when it is outside this container's process namespace.
    pub pid: i32,
    /// Its user id.
    pub uid: u32,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            0 => f.write_str("outside the container"),
            pid => write!(f, "pid {pid}, uid {}", self.uid),
        }
    }
}

/// What a signal that comes during a shutdown does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escalation {
    /// It is the same request as the first one.
    Same,
    /// A person does not wait for gateways: the drain delay ends now.
    SkipDelay,
    /// It is written down, and changes nothing.
    Noted,
    /// No delay, no waiting for work in flight, short deadlines.
    Hurry,
    /// The process ends at once with 128 + the signal's number.
    Force(Signal),
}

/// Signals that come this soon after the first are the same request (a double SIGTERM is normal under docker).
pub(crate) const SAME_REQUEST: Duration = Duration::from_secs(1);

/// Decides what the signal does, by how long after the trigger it comes and how many have counted before.
pub(crate) fn escalate(signal: Signal, since: Duration, counted: u32, on_any: bool) -> Escalation {
    let interactive = signal == Signal::SIGINT;
    match (since < SAME_REQUEST, interactive || on_any, counted) {
        (true, _, _) if interactive => Escalation::SkipDelay,
        (true, _, _) => Escalation::Same,
        (false, false, _) => Escalation::Noted,
        (false, true, 0) => Escalation::Hurry,
        (false, true, _) => Escalation::Force(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_19_escalation_is_a_table() {
        use Escalation::{Force, Hurry, Noted, Same, SkipDelay};
        let (term, int, hup) = (Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP);
        let table = [
            (term, 0, 0, false, Same),
            (term, 999, 0, true, Same),
            (hup, 1, 0, false, Same),
            (int, 1, 0, false, SkipDelay),
            (int, 999, 1, true, SkipDelay),
            (term, 1000, 0, false, Noted),
            (term, 1000, 5, false, Noted),
            (term, 1000, 0, true, Hurry),
            (term, 1500, 1, true, Force(term)),
            (hup, 1500, 1, true, Force(hup)),
            (int, 1000, 0, false, Hurry),
            (int, 1000, 1, false, Force(int)),
            (int, 9000, 7, false, Force(int)),
        ];
        for (signal, millis, counted, on_any, expected) in table {
            let found = escalate(signal, Duration::from_millis(millis), counted, on_any);
            assert_eq!(found, expected, "{signal} after {millis} ms, {counted} counted, on_any {on_any}");
        }
    }

    #[test]
    fn a_trigger_reads_as_a_sentence() {
        let sender = Some(Sender { pid: 812, uid: 0 });
        let signal = Trigger::Signal { signal: Signal::SIGTERM, sender };
        assert_eq!(signal.to_string(), "SIGTERM from pid 812, uid 0");
        let sender = Some(Sender { pid: 0, uid: 0 });
        let outside = Trigger::Signal { signal: Signal::SIGTERM, sender };
        assert_eq!(outside.to_string(), "SIGTERM from outside the container");
        assert_eq!(Trigger::Request { label: "config changed".into() }.to_string(), "request: config changed");
    }
}
