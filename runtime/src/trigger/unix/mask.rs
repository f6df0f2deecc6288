//! Sets the signal masks of the shutdown's threads, and blocks signals while the handlers are registered.
//!
//! | thread | mask |
//! |---|---|
//! | `shutdown`, `shutdown-watch` | until the handlers are registered: all signals blocked. Then: all but the handled signals and faults. While it runs hooks: as `shutdown-hooks` |
//! | `shutdown-hooks`, and the blocking tasks of hooks | the program's mask at install, with the handled signals unblocked |
//! | `shutdown-telemetry` | idle: as `shutdown-watch`. While it calls the subscriber or the recorder: the program's mask at install |
//! | `shutdown-report`, `last-resort` | inherited from `shutdown-watch`, which starts them. They run no user code |
//!
//! Which of the threads that do not block a signal gets it differs between systems: Linux prefers the main thread, macOS and
//! BSD promise no order. So nothing here depends on the thread: a handler only writes to a descriptor, and at least one
//! thread, `shutdown`, has each handled signal unblocked.

use std::io;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as NixSignal};

use crate::trigger::Signal;

/// Blocks all signals on this thread, and on the threads that it starts. Dropping the guard restores the earlier mask,
/// and the kernel then delivers the signals that arrived.
///
/// signal-hook-registry 1.4.8 installs its handler first and publishes the action afterwards. Without this guard, a
/// signal between the two steps would be lost.
pub(crate) struct BlockedSignals {
    previous_mask: SigSet,
}

impl BlockedSignals {
    /// Blocks all signals.
    ///
    /// # Errors
    /// Returns the system's error if it refuses the mask.
    pub(crate) fn block_all() -> io::Result<Self> {
        let previous_mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Self { previous_mask })
    }

    /// Computes the masks of a program that had the earlier mask and handles these signals.
    pub(in crate::trigger) fn masks(&self, handled: &[Signal]) -> Masks {
        Masks::new(self.previous_mask, handled)
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // The mask was valid before, so the system does not refuse it.
        let _ = self.previous_mask.thread_set_mask();
    }
}

/// The signal masks for the threads of a shutdown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Masks {
    supervisor: SigSet,
    hooks: SigSet,
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    program: SigSet,
}

/// Signals that a thread raises by a fault of its own. They stay unblocked, so that the program's crash handlers run.
const FAULTS: [NixSignal; 7] = [
    NixSignal::SIGSEGV,
    NixSignal::SIGBUS,
    NixSignal::SIGFPE,
    NixSignal::SIGILL,
    NixSignal::SIGTRAP,
    NixSignal::SIGABRT,
    NixSignal::SIGSYS,
];

impl Masks {
    /// Computes the masks from the program's mask and the signals that the shutdown handles.
    fn new(program: SigSet, handled: &[Signal]) -> Self {
        let to_nix = |signal: &Signal| NixSignal::try_from(signal.number()).ok();
        // The last-resort timer sends its signal to the process, so at least one thread must have it unblocked.
        let last_resort = to_nix(&Signal::LAST_RESORT);
        let unblocked = || handled.iter().filter_map(to_nix).chain(last_resort);
        // `SigSet` cannot remove a single real-time signal. If one is handled, none of them is blocked.
        let handles_real_time = handled.iter().any(|signal| to_nix(signal).is_none());
        let mut supervisor = if handles_real_time { NixSignal::iterator().collect() } else { SigSet::all() };
        let mut hooks = program;
        for signal in unblocked() {
            supervisor.remove(signal);
            hooks.remove(signal);
        }
        FAULTS.iter().for_each(|fault| supervisor.remove(*fault));
        Self {
            supervisor,
            hooks,
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            program,
        }
    }

    /// Returns the masks for a program that handles no signals.
    pub(crate) fn of_this_thread() -> Self {
        // The system refuses only invalid arguments.
        Self::new(SigSet::thread_get_mask().unwrap_or_else(|_| SigSet::empty()), &[])
    }

    /// Lets this thread receive the handled signals and blocks all others, which the program's threads receive.
    pub(crate) fn apply_supervisor_mask(&self) {
        // The system refuses only invalid arguments, and these are constants.
        let _ = self.supervisor.thread_set_mask();
    }

    /// Sets the program's mask at install, with the handled signals unblocked.
    pub(crate) fn apply_hook_mask(&self) {
        let _ = self.hooks.thread_set_mask();
    }

    /// Sets the program's mask at install, for user code that may start threads or children.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(crate) fn apply_program_mask(&self) {
        let _ = self.program.thread_set_mask();
    }
}
