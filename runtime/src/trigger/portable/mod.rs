//! Receives triggers without Unix signals: console events on Windows, and nothing but requests on wasm and on systems that
//! are not known. Tests on Unix compile this module, too.

// Only Windows has a console that sends events.
#[cfg(windows)]
mod console;
mod mask;
mod signal_queue;

pub(crate) use mask::{BlockedSignals, Masks};
pub(super) use signal_queue::SignalQueue;

use super::Signal;

/// The numbers of Linux for x86_64 and aarch64, so that a report shows the same numbers on each system.
pub(super) mod numbers {
    pub(in crate::trigger) const SIGHUP: i32 = 1;
    pub(in crate::trigger) const SIGINT: i32 = 2;
    pub(in crate::trigger) const SIGQUIT: i32 = 3;
    pub(in crate::trigger) const SIGUSR1: i32 = 10;
    pub(in crate::trigger) const SIGUSR2: i32 = 12;
    pub(in crate::trigger) const SIGALRM: i32 = 14;
    pub(in crate::trigger) const SIGTERM: i32 = 15;
    pub(in crate::trigger) const SIGVTALRM: i32 = 26;
    pub(in crate::trigger) const SIGWINCH: i32 = 28;

    /// SIGKILL, SIGSTOP, and the faults.
    pub(in crate::trigger) const FORBIDDEN: &[i32] = &[9, 19, 4, 8, 11];

    /// The names of the signals from 1 to 31.
    const NAMES: [&str; 31] = [
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];

    /// Returns the name of the signal.
    pub(in crate::trigger) fn name(number: i32) -> Option<&'static str> {
        let place = usize::try_from(number).ok()?.checked_sub(1)?;
        NAMES.get(place).copied()
    }
}

/// The signals that start a shutdown if the program names none: on Windows all that can arrive.
///
/// SIGHUP is among them, unlike on Unix: a program cannot outlive its console. So is SIGQUIT, Ctrl-Break: it is the only
/// event that one process can send to another that it has started in a group of its own.
#[cfg(windows)]
pub(super) const DEFAULT_SIGNALS: &[Signal] = &[Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP];
/// The signals that start a shutdown if the program names none. None of them can arrive here.
#[cfg(not(windows))]
pub(super) const DEFAULT_SIGNALS: &[Signal] = &[Signal::SIGTERM, Signal::SIGINT];

/// Returns whether the system can send the signal to a program: four of them on Windows, otherwise none.
pub(super) fn can_arrive(signal: Signal) -> bool {
    cfg!(windows) && [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP].contains(&signal)
}

/// Returns whether the signal says that a person has closed the window of the program. Windows ends the program five
/// seconds later.
pub(super) fn is_window_closed(signal: Signal) -> bool {
    cfg!(windows) && signal == Signal::SIGHUP
}

/// Returns no signal: there are no dispositions that a program inherits.
pub(super) fn ignored() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trigger::system;

    #[test]
    fn signals_have_the_numbers_and_names_of_linux() {
        if cfg!(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))) {
            return;
        }
        for number in -1..=64 {
            // signal-hook has no name for SIGSTKFLT and SIGPWR.
            let known = system::numbers::name(number);
            assert!(known.is_none() || numbers::name(number) == known, "{number}: {known:?}");
        }
        for (own, linux) in [
            (numbers::SIGHUP, system::numbers::SIGHUP),
            (numbers::SIGINT, system::numbers::SIGINT),
            (numbers::SIGQUIT, system::numbers::SIGQUIT),
            (numbers::SIGUSR1, system::numbers::SIGUSR1),
            (numbers::SIGUSR2, system::numbers::SIGUSR2),
            (numbers::SIGALRM, system::numbers::SIGALRM),
            (numbers::SIGTERM, system::numbers::SIGTERM),
            (numbers::SIGVTALRM, system::numbers::SIGVTALRM),
            (numbers::SIGWINCH, system::numbers::SIGWINCH),
        ] {
            assert_eq!(own, linux);
        }
        let sorted = |numbers: &[i32]| std::collections::BTreeSet::from_iter(numbers.iter().copied());
        assert_eq!(sorted(numbers::FORBIDDEN), sorted(system::numbers::FORBIDDEN));
    }
}
