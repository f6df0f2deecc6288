//! Runs a shutdown: takes the plan, a clock and triggers, and makes the report.
//!
//! The **state** ([`state`]) is a value without threads and without a clock. It knows the state of every hook, and
//! decides what happens next. Every call passes the time.
//!
//! **Workers** are threads that take a hook from the state, run the hook, and record how it ended. The worker that ends
//! the last hook of a group opens the next group in the same call. So no work passes from thread to thread while all
//! hooks end in time.
//!
//! The **supervisor** is a thread that does not run user code. It sleeps until a hook is overdue, cancels or abandons
//! that hook, and adds workers if one is held up. It runs queued hooks itself only if no worker is left and the system
//! refuses another thread.
//!
//! On a target without threads, the thread that waits for the shutdown is the only worker, and looks between its hooks.
//!
//! [`shared`] holds the data that these threads share, and the lock that guards this data.

use std::sync::Arc;

pub(crate) use hook_runtime::{HookRuntime, block_on};
pub(crate) use hook_stack::spawn_hook_thread;
pub(crate) use observer::Finalizer;
#[cfg(feature = "systemd")]
pub(crate) use observer::Observer;
pub(crate) use parked_thread::ParkedThread;
pub(crate) use shared::Run;
#[cfg(feature = "testing")]
pub(crate) use simulation::{Fault, Simulation};
pub(crate) use state::{Program, SAME_REQUEST_WINDOW, ShutdownState};
pub(crate) use supervisor::{SUPERVISOR_THREAD, run_on_only_thread, supervise};

use crate::trigger::Message;

mod began;
mod driver;
mod finalization;
mod hook_future;
mod hook_runtime;
mod hook_stack;
mod observer;
mod parked_thread;
// Two attributes: clippy knows a test module by `cfg(test)` alone.
#[cfg(test)]
#[cfg(feature = "testing")]
mod schedule_tests;
mod shared;
#[cfg(feature = "testing")]
mod simulation;
mod state;
mod stuck;
mod supervisor;
mod tokio_context;
mod worker;
mod worker_slot;

impl Run {
    /// Runs the shutdown whose trigger came just now. The calling thread becomes the first worker.
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
