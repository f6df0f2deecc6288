//! Which thread takes which signals: masks around the registration, and for the shutdown's own threads.

use std::io;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Named};

use super::Signal;

/// All signals are held back while this lives; what arrives meanwhile is delivered when it is dropped.
///
/// signal-hook-registry 1.4.8 sets its handler first and publishes the action after: without this, a signal
/// in between would be swallowed.
pub(crate) struct HeldBack {
    before: SigSet,
}

impl HeldBack {
    pub(crate) fn now() -> io::Result<Self> {
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Self { before })
    }

    pub(super) fn before(&self) -> SigSet {
        self.before
    }
}

impl Drop for HeldBack {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}

/// The masks of the threads that carry out a shutdown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Masks {
    watching: SigSet,
    hooks: SigSet,
}

/// Signals that a thread raises itself by a fault; to block them hides crashes from their handlers.
const FAULTS: [Named; 7] =
    [Named::SIGSEGV, Named::SIGBUS, Named::SIGFPE, Named::SIGILL, Named::SIGTRAP, Named::SIGABRT, Named::SIGSYS];

impl Masks {
    pub(super) fn new(before: SigSet, handled: &[Signal]) -> Self {
        let named = |signal: &Signal| Named::try_from(signal.number()).ok();
        let last_resort = named(&Signal::LAST_RESORT);
        let ours = || handled.iter().filter_map(named).chain(last_resort);
        // A set cannot name real-time signals one by one: where one is handled, none of them is blocked.
        let real_time = handled.iter().any(|signal| named(signal).is_none());
        let mut watching = if real_time { Named::iterator().collect() } else { SigSet::all() };
        let mut hooks = before;
        for signal in ours() {
            watching.remove(signal);
            hooks.remove(signal);
        }
        FAULTS.iter().for_each(|fault| watching.remove(*fault));
        Self { watching, hooks }
    }

    /// This thread takes the shutdown's signals and no others, so that none meant for the program's threads gets lost here.
    pub(crate) fn watch(&self) {
        let _ = self.watching.thread_set_mask();
    }

    /// This thread is as the program's own were at install, and takes the shutdown's signals too.
    pub(crate) fn run_hooks(&self) {
        let _ = self.hooks.thread_set_mask();
    }
}
