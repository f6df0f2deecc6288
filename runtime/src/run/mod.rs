//! Carries out a shutdown: takes the plan, a clock and triggers, and makes the report of it.
//!
//! The **state** ([`state`]) is a value that knows what every hook is at and answers with what to do next; it has no
//! threads and no clock, and every call brings the time. **Workers** are threads that ask it for a hook, run the hook,
//! and record how the hook ended; the worker that ends a group's last hook opens the next group in the same call, so
//! that nothing is handed over between threads while all goes well. The **supervisor** is a thread that does not run
//! the user's code: it sleeps until something is overdue, cancels or abandons what is, and adds workers when one is
//! held up. Only where no worker is left and the system refuses another one does it run what is queued itself.
//! [`shared`] is what they share, and the only place with a lock.

use std::sync::Arc;

pub(crate) use hook_runtime::HookRuntime;
pub(crate) use observer::{Observer, RunningHook, StuckHook};
pub(crate) use parked_thread::ParkedThread;
pub(crate) use shared::Run;
#[cfg(feature = "testing")]
pub(crate) use simulation::{Fault, Simulation};
pub(crate) use state::{Event, Program, Progress, ShutdownState};
pub(crate) use supervisor::supervise;

use crate::trigger::Message;

mod driver;
mod hook_future;
mod hook_runtime;
mod observer;
mod parked_thread;
// Two attributes: clippy knows a test module by `cfg(test)` alone.
#[cfg(test)]
#[cfg(feature = "testing")]
mod schedule;
mod shared;
#[cfg(feature = "testing")]
mod simulation;
mod state;
mod stuck;
mod supervisor;
mod worker;
mod worker_slot;

impl Run {
    /// Carries out the shutdown whose trigger came just now, with this thread as the first worker.
    ///
    /// `start_supervisor` makes another thread call [`supervise`], and returns at once.
    pub(crate) fn start(
        self: &Arc<Self>,
        messages: impl IntoIterator<Item = Message>,
        runtime: HookRuntime,
        start_supervisor: impl FnOnce(),
    ) {
        self.begin(messages, start_supervisor);
        worker::run(self, runtime);
    }
}
