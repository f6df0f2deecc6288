//! Sets signal masks: around the registration of the handlers, and for the shutdown's own threads.
//!
//! | thread | mask |
//! |---|---|
//! | `shutdown`, `shutdown-watch` | until the handlers are registered: all signals blocked; then all but the shutdown's and faults; while it runs hooks: as `shutdown-hooks` |
//! | `shutdown-hooks`, and the blocking tasks of hooks | the program's at install, without the shutdown's signals |
//! | `shutdown-telemetry` | idle: as `shutdown-watch`; while it calls the subscriber or the recorder: the program's at install |
//! | `shutdown-report`, `last-resort` | as `shutdown-watch`, which starts them; they run no code of the program's |

use std::io;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as HookLabel};

use super::Signal;

/// Blocks all signals on this thread, and in threads that it starts. When this is dropped, signals that arrived are
/// delivered.
///
/// signal-hook-registry 1.4.8 sets its handler first and publishes the action afterwards. Without this, a signal in
/// between would be lost.
pub(crate) struct BlockedSignals {
    before: SigSet,
}

impl BlockedSignals {
    pub(crate) fn now() -> io::Result<Self> {
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Self { before })
    }

    pub(super) fn before(&self) -> SigSet {
        self.before
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        let _ = self.before.thread_set_mask();
    }
}

/// The masks of the threads that carry out a shutdown. An open inbox has them: the handlers are registered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Masks {
    watching: SigSet,
    hooks: SigSet,
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    program: SigSet,
}

/// Signals that a thread raises itself by a fault. To block them hides crashes from their handlers.
const FAULTS: [HookLabel; 7] = [
    HookLabel::SIGSEGV,
    HookLabel::SIGBUS,
    HookLabel::SIGFPE,
    HookLabel::SIGILL,
    HookLabel::SIGTRAP,
    HookLabel::SIGABRT,
    HookLabel::SIGSYS,
];

impl Masks {
    pub(super) fn new(before: SigSet, handled: &[Signal]) -> Self {
        let named = |signal: &Signal| HookLabel::try_from(signal.number()).ok();
        let last_resort = named(&Signal::LAST_RESORT);
        let ours = || handled.iter().filter_map(named).chain(last_resort);
        // A set cannot name real-time signals one by one: where one is handled, none of them is blocked.
        let real_time = handled.iter().any(|signal| named(signal).is_none());
        let mut watching = if real_time { HookLabel::iterator().collect() } else { SigSet::all() };
        let mut hooks = before;
        for signal in ours() {
            watching.remove(signal);
            hooks.remove(signal);
        }
        FAULTS.iter().for_each(|fault| watching.remove(*fault));
        Self {
            watching,
            hooks,
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            program: before,
        }
    }

    /// Lets this thread take the shutdown's signals and no others: those belong to the program's threads.
    pub(crate) fn watch(&self) {
        let _ = self.watching.thread_set_mask();
    }

    /// Gives this thread the program's mask at install, without the shutdown's signals.
    pub(crate) fn run_hooks(&self) {
        let _ = self.hooks.thread_set_mask();
    }

    /// Gives this thread the program's mask at install, for code that starts threads or children of its own.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(crate) fn apply_program_mask(&self) {
        let _ = self.program.thread_set_mask();
    }
}
