//! A thread that exists since install and sleeps until it gets its work.
//!
//! To start one at the trigger would take longer than all else before the first hook, and a system that has no more
//! threads then would leave the hooks unwatched.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// A thread that waits for a value to work with.
pub(crate) struct ParkedThread<T>(SyncSender<T>);

impl<T: Send + 'static> ParkedThread<T> {
    /// Starts the thread, which has the signal mask of the calling thread until its work sets another.
    pub(crate) fn start(name: &str, work: impl FnOnce(T) + Send + 'static) -> io::Result<Self> {
        let (give, take) = sync_channel(1);
        let wait = move || {
            if let Ok(value) = take.recv() {
                work(value);
            }
        };
        thread::Builder::new().name(name.to_owned()).spawn(wait)?;
        Ok(Self(give))
    }

    /// Gives the thread its value, and returns at once.
    pub(crate) fn unpark(self, value: T) {
        let sent = self.0.try_send(value);
        debug_assert!(sent.is_ok(), "the thread waits, and its channel has room for one value");
    }
}
