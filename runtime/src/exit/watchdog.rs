//! Ends the process before the deadline when nothing else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{TIMED_OUT, now};
use crate::trigger::Signal;

/// Ends the process if even the supervisor cannot.
///
/// On Linux and FreeBSD this is a kernel timer whose signal handler only calls `_exit`. On other systems it is a thread
/// that only sleeps and calls `_exit`.
///
/// Made at install, because at the trigger the system may refuse memory or a timer. The thread that makes it must arm
/// it: a timer is not `Send`.
pub(crate) struct LastResort {
    armed: Arc<AtomicBool>,
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    timer: Option<nix::sys::timer::Timer>,
}

/// The last resort after its start. It can be disarmed.
pub(crate) struct Armed(Arc<AtomicBool>);

impl LastResort {
    /// Makes the timer, without starting it.
    pub(crate) fn prepare() -> Self {
        let armed = Arc::new(AtomicBool::new(false));
        #[cfg(any(target_os = "linux", target_os = "freebsd"))]
        return Self { timer: timer(&armed), armed };
        #[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
        return Self { armed };
    }

    /// Starts the timer: the process ends after this time, unless the result is disarmed.
    pub(crate) fn arm(self, after: Duration) -> Armed {
        // SeqCst, here and below, as signal-hook reads the flag: it changes twice at most, so the cost does not matter.
        self.armed.store(true, Ordering::SeqCst);
        let armed = Armed(Arc::clone(&self.armed));
        #[cfg(any(target_os = "linux", target_os = "freebsd"))]
        if let Some(mut timer) = self.timer {
            use nix::sys::timer::{Expiration, TimerSetTimeFlags};
            let expiration = Expiration::OneShot(after.into());
            if timer.set(expiration, TimerSetTimeFlags::empty()).is_ok() {
                // To drop the timer would delete it.
                std::mem::forget(timer);
                return armed;
            }
        }
        let still_armed = self.armed;
        let wait = move || {
            std::thread::sleep(after);
            if still_armed.load(Ordering::SeqCst) {
                now(TIMED_OUT);
            }
        };
        // If the system refuses the thread, the supervisor remains.
        let _ = std::thread::Builder::new().name("last-resort".to_owned()).spawn(wait);
        armed
    }
}

impl Armed {
    /// Lets the process continue when the time is over.
    pub(crate) fn disarm(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Makes the kernel timer, and sets its handler. `None` if the system refuses one of them.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn timer(armed: &Arc<AtomicBool>) -> Option<nix::sys::timer::Timer> {
    use nix::sys::signal::{SigEvent, SigevNotify, Signal as NixSignal};
    let signal = NixSignal::try_from(Signal::LAST_RESORT.number()).ok()?;
    let number = Signal::LAST_RESORT.number();
    signal_hook::flag::register_conditional_shutdown(number, TIMED_OUT.into(), Arc::clone(armed)).ok()?;
    let event = SigEvent::new(SigevNotify::SigevSignal { signal, si_value: 0 });
    nix::sys::timer::Timer::new(nix::time::ClockId::CLOCK_MONOTONIC, event).ok()
}
