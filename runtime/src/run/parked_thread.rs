//! Starts a thread at install that sleeps until it receives its work.
//!
//! Starting a thread at the trigger would take longer than everything else before the first hook. If the system then
//! refused a thread, no thread would supervise the hooks.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::hook_stack::spawn_hook_thread;

/// Maximum time to wait for the start of a thread, which the system has granted already.
const START_TIMEOUT: Duration = Duration::from_secs(1);

/// A thread that waits for a value to work with.
pub(crate) struct ParkedThread<T> {
    give: SyncSender<T>,
    started: Receiver<()>,
}

impl<T: Send + 'static> ParkedThread<T> {
    /// Starts the thread. It keeps the signal mask of the calling thread until its work sets another one.
    pub(crate) fn start(name: &str, work: impl FnOnce(T) + Send + 'static) -> io::Result<Self> {
        // Room for one value: the thread that unparks must not wait for this one to run.
        let (give, take) = sync_channel(1);
        let (start, started) = sync_channel(1);
        let wait = move || {
            // Room for one message, so this does not block.
            let _ = start.send(());
            if let Ok(value) = take.recv() {
                work(value);
            }
        };
        spawn_hook_thread(name, wait)?;
        Ok(Self { give, started })
    }

    /// Waits until the thread runs, and so has its name in `/proc`.
    pub(crate) fn wait_for_start(&self) {
        // After this time, the name may be missing for a moment longer.
        let _ = self.started.recv_timeout(START_TIMEOUT);
    }

    /// Sends the thread its value, and returns at once.
    pub(crate) fn unpark(self, value: T) {
        let sent = self.give.try_send(value);
        debug_assert!(sent.is_ok(), "the thread waits, and its channel has room for one value");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_has_started_has_its_name() {
        let parked = ParkedThread::start("parked-test", |()| ()).unwrap();
        parked.wait_for_start();
        let names = std::fs::read_dir("/proc/self/task").unwrap().filter_map(|thread| {
            // Other threads of the test binary may end meanwhile.
            std::fs::read_to_string(thread.ok()?.path().join("comm")).ok()
        });
        assert!(names.into_iter().any(|name| name == "parked-test\n"));
        parked.unpark(());
    }

    #[test]
    fn to_wait_for_the_start_takes_the_message_of_the_thread() {
        let ((give, _take), (start, started)) = (sync_channel::<()>(1), sync_channel(1));
        let parked = ParkedThread { give, started };
        start.send(()).unwrap();
        parked.wait_for_start();
        assert!(parked.started.try_recv().is_err());
    }
}
