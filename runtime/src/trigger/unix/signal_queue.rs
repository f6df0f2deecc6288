//! Receives signals by handlers, and waits for them and for wake-ups at one descriptor.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::iterator::backend::SignalDelivery;
#[cfg(not(feature = "sender"))]
use signal_hook::iterator::exfiltrator::SignalOnly as Exfiltrator;
#[cfg(feature = "sender")]
use signal_hook::iterator::exfiltrator::WithOrigin as Exfiltrator;

use crate::trigger::{Sender, Signal, Trigger};

/// How long one wait takes if the program has closed our descriptor: short enough that hooks start on time, long enough
/// that the supervisor does not spin.
const CLOSED_DESCRIPTOR_WAIT: Duration = Duration::from_millis(10);

/// The signals that have arrived. Signal handlers write to it.
pub(in crate::trigger) struct SignalQueue {
    /// Locked only by `take`.
    delivery: Mutex<SignalDelivery<UnixStream, Exfiltrator>>,
    wake_reader: UnixStream,
    wake_writer: UnixStream,
    /// Whether a wait found the descriptor closed.
    is_closed: AtomicBool,
}

impl SignalQueue {
    /// Makes every descriptor, and registers a handler for each signal.
    pub(in crate::trigger) fn open(signals: &[Signal]) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let (wake_reader, wake_writer) = (read.try_clone()?, write.try_clone()?);
        // A full pipe must not block the thread that wakes.
        wake_writer.set_nonblocking(true)?;
        let numbers = signals.iter().map(|signal| signal.number());
        let delivery = SignalDelivery::with_pipe(read, write, exfiltrator(), numbers)?;
        Ok(Self { delivery: Mutex::new(delivery), wake_reader, wake_writer, is_closed: AtomicBool::new(false) })
    }

    /// Ends the current or the next [`wait`](Self::wait).
    pub(in crate::trigger) fn wake(&self) {
        // An error means that the pipe is full, so a wake-up is pending already.
        let _ = (&self.wake_writer).write(b"!");
    }

    /// Blocks until a signal or a wake-up may have arrived, or until `timeout` has passed.
    pub(in crate::trigger) fn wait(&self, timeout: Option<Duration>) {
        // Round up to milliseconds: a wait that ends early has to be repeated.
        let round_up = |time: Duration| PollTimeout::try_from(time + Duration::from_nanos(999_999));
        let poll_timeout = timeout.map_or(PollTimeout::NONE, |time| round_up(time).unwrap_or(PollTimeout::MAX));
        let mut descriptor = [PollFd::new(self.wake_reader.as_fd(), PollFlags::POLLIN)];
        let result = poll(&mut descriptor, poll_timeout);
        let readable = descriptor.iter().filter_map(PollFd::revents).any(|found| found.contains(PollFlags::POLLIN));
        if matches!(result, Ok(1..)) && !readable {
            // Relaxed: the flag guards no other memory.
            self.is_closed.store(true, Ordering::Relaxed);
            // The program closed our descriptor. The handlers still record signals, so look for them at intervals.
            std::thread::sleep(timeout.map_or(CLOSED_DESCRIPTOR_WAIT, |time| time.min(CLOSED_DESCRIPTOR_WAIT)));
        }
    }

    /// Returns whether a wait has found that the program closed our descriptor, and so perhaps all others.
    pub(in crate::trigger) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// Removes and returns the signals that have arrived, and removes the wake-ups.
    pub(in crate::trigger) fn take(&self) -> Vec<Trigger> {
        // A poisoned lock is still consistent: signal-hook keeps its state in atomics.
        let mut delivery = self.delivery.lock().unwrap_or_else(PoisonError::into_inner);
        delivery.pending().map(trigger).collect()
    }
}

#[cfg(feature = "sender")]
fn exfiltrator() -> Exfiltrator {
    Exfiltrator::default()
}

#[cfg(not(feature = "sender"))]
fn exfiltrator() -> Exfiltrator {
    Exfiltrator
}

#[cfg(feature = "sender")]
fn trigger(origin: signal_hook::low_level::siginfo::Origin) -> Trigger {
    let sender = origin.process.map(|process| Sender { pid: process.pid, uid: process.uid, name: None });
    Trigger::Signal { signal: Signal::from_raw(origin.signal), sender }
}

#[cfg(not(feature = "sender"))]
fn trigger(number: i32) -> Trigger {
    let sender: Option<Sender> = None;
    Trigger::Signal { signal: Signal::from_raw(number), sender }
}
