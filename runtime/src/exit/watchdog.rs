//! Ends the process before the deadline when nothing else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{TIMED_OUT, now};
use crate::threads::{Sender, one_shot, spawn};
#[cfg(target_os = "linux")]
use crate::trigger::{Signal, has_handler};

/// Ends the process if even the supervisor cannot.
///
/// On Linux this is a kernel timer whose signal handler only calls `_exit`. Otherwise it is a thread that only sleeps and
/// calls `_exit`: if the system refuses a timer, if the program handles the timer's signal itself, and if nothing says
/// whether it does. A profiler or an embedded interpreter may send that signal at every moment, and a handler cannot tell
/// whose timer sent it.
///
/// macOS has no such timers. FreeBSD has them, and no safe call that says which signals a program handles. So both have the
/// thread. Tests on Linux force the thread by a handler, and by an empty `/proc`.
///
/// Made at install, because at the trigger the system may refuse memory, a timer or a thread. The thread that makes it
/// must arm it: a timer is not `Send`.
pub(crate) struct LastResort {
    armed: Arc<AtomicBool>,
    by: Means,
}

/// What ends the process.
enum Means {
    #[cfg(target_os = "linux")]
    Timer(nix::sys::timer::Timer),
    /// A thread that waits for the time after which it ends the process.
    Thread(Sender<Duration>),
    /// The system refused everything else. The supervisor still ends the process in time.
    Nothing,
}

/// The last resort after its start. It can be disarmed.
pub(crate) struct Armed(Arc<AtomicBool>);

impl LastResort {
    /// Makes the timer or the thread, without starting the time.
    pub(crate) fn prepare() -> Self {
        let armed = Arc::new(AtomicBool::new(false));
        #[cfg(target_os = "linux")]
        if let Some(timer) = timer(&armed) {
            return Self { by: Means::Timer(timer), armed };
        }
        Self { by: thread(&armed), armed }
    }

    /// Starts the time: the process ends after it, unless the result is disarmed.
    pub(crate) fn arm(self, after: Duration) -> Armed {
        // SeqCst, here and below, as signal-hook reads the flag: it changes twice at most, so the cost does not matter.
        self.armed.store(true, Ordering::SeqCst);
        match self.by {
            #[cfg(target_os = "linux")]
            Means::Timer(mut timer) => {
                use nix::sys::timer::{Expiration, TimerSetTimeFlags};
                // The kernel refuses only invalid times, and the deadline is a valid one.
                let _ = timer.set(Expiration::OneShot(after.into()), TimerSetTimeFlags::empty());
                // To drop the timer would delete it.
                std::mem::forget(timer);
            }
            // The thread waits for it.
            Means::Thread(thread) => drop(thread.send(after)),
            Means::Nothing => {}
        }
        Armed(self.armed)
    }
}

impl Armed {
    /// Lets the process continue when the time is over.
    pub(crate) fn disarm(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Makes the kernel timer, and sets its handler. `None` if the program handles the signal or may do so, or if the system
/// refuses one of them.
#[cfg(target_os = "linux")]
fn timer(armed: &Arc<AtomicBool>) -> Option<nix::sys::timer::Timer> {
    use nix::sys::signal::{SigEvent, SigevNotify, Signal as NixSignal};
    if has_handler(Signal::LAST_RESORT) != Some(false) {
        return None;
    }
    let number = Signal::LAST_RESORT.number();
    let signal = NixSignal::try_from(number).ok()?;
    let event = SigEvent::new(SigevNotify::SigevSignal { signal, si_value: 0 });
    // Before the handler, which cannot be taken back.
    let timer = nix::sys::timer::Timer::new(nix::time::ClockId::CLOCK_MONOTONIC, event).ok()?;
    signal_hook::flag::register_conditional_shutdown(number, TIMED_OUT.into(), Arc::clone(armed)).ok()?;
    Some(timer)
}

/// Starts the thread, which waits for the time.
fn thread(armed: &Arc<AtomicBool>) -> Means {
    let armed = Arc::clone(armed);
    let (time, wait_for_time) = one_shot::<Duration>();
    let wait = move || {
        // If there was no trigger, there is no time.
        let Some(after) = wait_for_time.receive() else { return };
        std::thread::sleep(after);
        if armed.load(Ordering::SeqCst) {
            now(TIMED_OUT);
        }
    };
    spawn("last-resort", wait).map_or(Means::Nothing, |()| Means::Thread(time))
}
