//! Starts a thread at install that sleeps until it receives its work.
//!
//! Starting a thread at the trigger would take longer than everything else before the first hook. If the system then
//! refused a thread, no thread would supervise the hooks.

use std::io;
use std::time::Duration;

use super::hook_stack::spawn_hook_thread;
use crate::threads::{Receiver, Sender, one_shot};

/// Maximum time to wait for the start of a thread, which the system has granted already.
const START_TIMEOUT: Duration = Duration::from_secs(1);

/// A thread that waits for a value to work with.
pub(crate) struct ParkedThread<T> {
    value: Sender<T>,
    /// `None` after the wait for the start.
    started: Option<Receiver<()>>,
}

impl<T: Send + 'static> ParkedThread<T> {
    /// Starts the thread. It keeps the signal mask of the calling thread until its work sets another one.
    pub(crate) fn start(name: &str, work: impl FnOnce(T) + Send + 'static) -> io::Result<Self> {
        let (value, wait_for_value) = one_shot();
        let (start, started) = one_shot();
        let wait = move || {
            // The thread that installs may have stopped waiting.
            let _ = start.send(());
            if let Some(value) = wait_for_value.receive() {
                work(value);
            }
        };
        spawn_hook_thread(name, wait)?;
        Ok(Self { value, started: Some(started) })
    }

    /// Waits until the thread runs, and so has its name in `/proc`.
    pub(crate) fn wait_for_start(&mut self) {
        // After this time, the name may be missing for a moment longer.
        let _ = self.started.take().and_then(|started| started.receive_within(START_TIMEOUT));
    }

    /// Sends the thread its value, and returns at once.
    pub(crate) fn unpark(self, value: T) {
        let sent = self.value.send(value);
        debug_assert!(sent.is_ok(), "the thread waits for its value");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_has_started_has_its_name() {
        let mut parked = ParkedThread::start("parked-test", |()| ()).unwrap();
        parked.wait_for_start();
        let names = std::fs::read_dir("/proc/self/task").unwrap().filter_map(|thread| {
            // Other threads of the test binary may end meanwhile.
            std::fs::read_to_string(thread.ok()?.path().join("comm")).ok()
        });
        assert!(names.into_iter().any(|name| name == "parked-test\n"));
        parked.unpark(());
    }
}
