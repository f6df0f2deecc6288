//! A signal's number in, its name out; the only file that knows numbers.

use std::ffi::c_int;
use std::fmt;

use signal_hook::consts;

/// A Unix signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signal(c_int);

impl Signal {
    /// The terminal went away, or "read your configuration again".
    pub const SIGHUP: Self = Self(consts::SIGHUP);
    /// Ctrl-C: a person at a terminal.
    pub const SIGINT: Self = Self(consts::SIGINT);
    /// Ctrl-\.
    pub const SIGQUIT: Self = Self(consts::SIGQUIT);
    /// The platform asks the program to stop.
    pub const SIGTERM: Self = Self(consts::SIGTERM);
    /// For the program's own use.
    pub const SIGUSR1: Self = Self(consts::SIGUSR1);
    /// For the program's own use.
    pub const SIGUSR2: Self = Self(consts::SIGUSR2);
    /// The terminal's size changed; Apache's graceful stop, which some images send.
    pub const SIGWINCH: Self = Self(consts::SIGWINCH);
    /// A timer of `alarm` ended.
    pub const SIGALRM: Self = Self(consts::SIGALRM);
    /// The signal of the last resort's timer (see `exit`); hardly any program uses it.
    pub(crate) const LAST_RESORT: Self = Self(consts::SIGVTALRM);

    /// Any signal by its number, for those without a name here (`SIGRTMIN+3` is 37 with glibc).
    /// Whether it exists and can be caught is checked at install.
    #[must_use]
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Whether no handler can be set: SIGKILL and SIGSTOP by the kernel's rule, faults by sanity.
    pub(super) fn is_uncatchable(self) -> bool {
        signal_hook::consts::FORBIDDEN.contains(&self.0)
    }

    /// Whether the kernel knows the number (and it is not one that the C library keeps for itself).
    pub(super) fn exists(self) -> bool {
        (1..=31).contains(&self.0) || (34..=64).contains(&self.0)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match signal_hook::low_level::signal_name(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}
