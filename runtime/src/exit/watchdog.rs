//! Ends the process before the deadline when nothing else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{TIMED_OUT, now};
use crate::trigger::Signal;

/// Ends the process when even the supervisor cannot. It is made at install, so that it needs neither memory nor
/// a new thread at the trigger.
///
/// On Linux and FreeBSD it is a timer of the kernel whose signal handler does nothing but `_exit`; elsewhere
/// a thread that does nothing but sleep and `_exit`.
///
/// The timer belongs to the thread that makes it, and so does this.
pub(crate) struct LastResort {
    armed: Arc<AtomicBool>,
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    timer: Option<nix::sys::timer::Timer>,
}

/// The last resort, on its way.
pub(crate) struct Armed(Arc<AtomicBool>);

impl LastResort {
    pub(crate) fn prepare() -> Self {
        let armed = Arc::new(AtomicBool::new(false));
        #[cfg(any(target_os = "linux", target_os = "freebsd"))]
        return Self { timer: timer(&armed), armed };
        #[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
        return Self { armed };
    }

    pub(crate) fn arm(self, after: Duration) -> Armed {
        self.armed.store(true, Ordering::SeqCst);
        let armed = Armed(Arc::clone(&self.armed));
        #[cfg(any(target_os = "linux", target_os = "freebsd"))]
        if let Some(mut timer) = self.timer {
            use nix::sys::timer::{Expiration, TimerSetTimeFlags};
            let expiration = Expiration::OneShot(after.into());
            if timer.set(expiration, TimerSetTimeFlags::empty()).is_ok() {
                // Dropping it would stop it.
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
        let _ = std::thread::Builder::new().name("last-resort".to_owned()).spawn(wait);
        armed
    }
}

impl Armed {
    pub(crate) fn disarm(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn timer(armed: &Arc<AtomicBool>) -> Option<nix::sys::timer::Timer> {
    use nix::sys::signal::{SigEvent, SigevNotify, Signal as HookLabel};
    let signal = HookLabel::try_from(Signal::LAST_RESORT.number()).ok()?;
    let number = Signal::LAST_RESORT.number();
    signal_hook::flag::register_conditional_shutdown(number, TIMED_OUT.into(), Arc::clone(armed)).ok()?;
    let event = SigEvent::new(SigevNotify::SigevSignal { signal, si_value: 0 });
    nix::sys::timer::Timer::new(nix::time::ClockId::CLOCK_MONOTONIC, event).ok()
}
