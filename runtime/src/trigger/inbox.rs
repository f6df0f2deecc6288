//! Receives signals and requests, and lets one thread wait for both.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use signal_hook::iterator::backend::SignalDelivery;
#[cfg(not(feature = "sender"))]
use signal_hook::iterator::exfiltrator::SignalOnly as Exfiltrator;
#[cfg(feature = "sender")]
use signal_hook::iterator::exfiltrator::WithOrigin as Exfiltrator;

use super::mask::{BlockedSignals, Masks};
use super::{Sender, Signal, Trigger};

/// How long one wait takes if the program has closed our descriptor: short enough that hooks start on time, long enough
/// that the supervisor does not spin.
const CLOSED_DESCRIPTOR_WAIT: Duration = Duration::from_millis(10);

/// A message to the supervisor.
#[derive(Debug)]
pub(crate) enum Message {
    /// Starts the shutdown, or reports a further trigger during the shutdown.
    Trigger(Trigger),
    /// Requests this exit code.
    Exit(u8),
}

/// The queue of the supervisor. Signal handlers and the program's threads write to it.
///
/// [`open`](Self::open) creates every descriptor, so that no later limit can lose a signal.
pub(crate) struct Inbox {
    /// Locked only by `take`.
    delivery: Mutex<SignalDelivery<UnixStream, Exfiltrator>>,
    /// Locked for one push or drain; no user code runs under the lock.
    messages: Mutex<VecDeque<Message>>,
    wake_reader: UnixStream,
    wake_writer: UnixStream,
    masks: Masks,
}

impl Inbox {
    /// Registers the signal handlers. `blocked` keeps signals that arrive during the registration pending, so that
    /// they are neither lost nor kill the process.
    ///
    /// # Errors
    /// Returns the system's error if it refuses a descriptor or a handler.
    pub(crate) fn open(signals: &[Signal], blocked: &BlockedSignals) -> io::Result<Self> {
        Self::new(signals, Masks::new(blocked.previous_mask(), signals))
    }

    /// Opens an inbox for requests alone.
    ///
    /// # Errors
    /// Returns the system's error if it refuses a descriptor.
    pub(crate) fn without_signals(masks: Masks) -> io::Result<Self> {
        Self::new(&[], masks)
    }

    fn new(signals: &[Signal], masks: Masks) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let (wake_reader, wake_writer) = (read.try_clone()?, write.try_clone()?);
        // A full pipe must not block the thread that wakes.
        wake_writer.set_nonblocking(true)?;
        let numbers = signals.iter().map(|signal| signal.number());
        let delivery = SignalDelivery::with_pipe(read, write, exfiltrator(), numbers)?;
        Ok(Self { delivery: Mutex::new(delivery), messages: Mutex::default(), wake_reader, wake_writer, masks })
    }

    /// Returns the signal masks for the threads of the shutdown.
    pub(crate) fn masks(&self) -> Masks {
        self.masks
    }

    /// Adds the message and wakes the waiting thread.
    pub(crate) fn send(&self, message: Message) {
        // Push before the wake-up, so that the woken thread finds the message.
        self.lock_messages().push_back(message);
        self.wake();
    }

    /// Ends the current or the next [`wait`](Self::wait).
    pub(crate) fn wake(&self) {
        // An error means that the pipe is full, so a wake-up is pending already.
        let _ = (&self.wake_writer).write(b"!");
    }

    /// Blocks until a message may have arrived, or until `timeout` has passed.
    pub(crate) fn wait(&self, timeout: Option<Duration>) {
        // Round up to milliseconds: a wait that ends early has to be repeated.
        let round_up = |time: Duration| PollTimeout::try_from(time + Duration::from_nanos(999_999));
        let poll_timeout = timeout.map_or(PollTimeout::NONE, |time| round_up(time).unwrap_or(PollTimeout::MAX));
        let mut descriptor = [PollFd::new(self.wake_reader.as_fd(), PollFlags::POLLIN)];
        let result = poll(&mut descriptor, poll_timeout);
        let readable = descriptor.iter().filter_map(PollFd::revents).any(|found| found.contains(PollFlags::POLLIN));
        if matches!(result, Ok(1..)) && !readable {
            // The program closed our descriptor. The handlers still record signals, so look for them at intervals.
            std::thread::sleep(timeout.map_or(CLOSED_DESCRIPTOR_WAIT, |time| time.min(CLOSED_DESCRIPTOR_WAIT)));
        }
    }

    /// Removes and returns all messages. Signals come first, then requests in their order.
    ///
    /// Unix does not keep the order in which different signals arrived.
    pub(crate) fn take(&self) -> Vec<Message> {
        // A poisoned lock is still consistent: signal-hook keeps its state in atomics.
        let signals = self.delivery.lock().unwrap_or_else(PoisonError::into_inner).pending();
        let mut messages: Vec<Message> = signals.map(|origin| Message::Trigger(trigger(origin))).collect();
        messages.extend(self.lock_messages().drain(..));
        messages
    }

    fn lock_messages(&self) -> MutexGuard<'_, VecDeque<Message>> {
        // Only a failed allocation can panic under the lock, and it leaves the queue as it was.
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
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
