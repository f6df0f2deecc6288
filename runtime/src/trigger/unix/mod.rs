//! Receives signals on Unix, and sets masks so that each of them reaches the right thread.

// Only the kernel timer of Linux asks.
#[cfg(target_os = "linux")]
pub(crate) use disposition::has_handler;
pub(super) use disposition::ignored;
pub(crate) use mask::{BlockedSignals, Masks};
pub(super) use signal_queue::SignalQueue;

mod disposition;
mod mask;
mod signal_queue;

use super::Signal;

/// The numbers of the signals. Some of them differ between systems.
pub(super) mod numbers {
    pub(in crate::trigger) use signal_hook::consts::{
        FORBIDDEN, SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH,
    };
    pub(in crate::trigger) use signal_hook::low_level::signal_name as name;
}

/// The signals that start a shutdown if the program names none.
pub(super) const DEFAULT_SIGNALS: &[Signal] = &[Signal::SIGTERM, Signal::SIGINT];

/// Returns whether the system can send the signal to a program. On Unix each one can be sent.
pub(super) fn can_arrive(_signal: Signal) -> bool {
    true
}

/// Returns whether the signal says that a person has closed the window of the program. A terminal that is closed does not
/// wait for the program.
pub(super) fn is_window_closed(_signal: Signal) -> bool {
    false
}
