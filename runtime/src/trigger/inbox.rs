//! Queues signals and requests, and lets one thread wait for both.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::system::{BlockedSignals, Masks, SignalQueue};
use super::{Signal, Trigger};

/// A message to the supervisor.
#[derive(Debug)]
pub(crate) enum Message {
    /// Starts the shutdown, or reports a further trigger during the shutdown.
    Trigger(Trigger),
    /// Requests this exit code.
    Exit(u8),
}

/// The queue of the supervisor. The system and the program's threads write to it.
///
/// [`open`](Self::open) creates all that the queue needs, so that no later limit can lose a signal.
pub(crate) struct Inbox {
    signals: SignalQueue,
    /// Locked for one push or drain; no user code runs under the lock.
    requests: Mutex<Requests>,
    masks: Masks,
}

/// The messages of the program's own threads.
#[derive(Default)]
struct Requests {
    messages: VecDeque<Message>,
    /// Wakes the future that waits for the first one; see [`Inbox::poll`].
    waker: Option<Waker>,
}

impl Inbox {
    /// Registers the signal handlers. `blocked` keeps signals that arrive during the registration pending, so that
    /// they are neither lost nor kill the process.
    ///
    /// # Errors
    /// Returns the system's error if it refuses a descriptor or a handler.
    pub(crate) fn open(signals: &[Signal], blocked: &BlockedSignals) -> io::Result<Self> {
        Self::new(signals, blocked.masks(signals))
    }

    /// Opens an inbox for requests alone.
    ///
    /// # Errors
    /// Returns the system's error if it refuses a descriptor.
    pub(crate) fn without_signals(masks: Masks) -> io::Result<Self> {
        Self::new(&[], masks)
    }

    fn new(signals: &[Signal], masks: Masks) -> io::Result<Self> {
        Ok(Self { signals: SignalQueue::open(signals)?, requests: Mutex::default(), masks })
    }

    /// Returns the signal masks for the threads of the shutdown.
    pub(crate) fn masks(&self) -> Masks {
        self.masks
    }

    /// Adds the message and wakes the waiting thread.
    pub(crate) fn send(&self, message: Message) {
        let mut requests = self.lock_requests();
        // Push before the wake-up, so that the woken thread finds the message.
        requests.messages.push_back(message);
        let waker = requests.waker.take();
        // The waker is called without the lock.
        drop(requests);
        self.wake();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Resolves when there is a request. For a program whose only thread cannot block for it; there, no signal arrives.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut requests = self.lock_requests();
        if requests.messages.is_empty() {
            // Under the lock, because it is the one of tokio's `block_on`, and not user code.
            requests.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Ends the current or the next [`wait`](Self::wait).
    pub(crate) fn wake(&self) {
        self.signals.wake();
    }

    /// Blocks until a message may have arrived, or until `timeout` has passed.
    pub(crate) fn wait(&self, timeout: Option<Duration>) {
        self.signals.wait(timeout);
    }

    /// Returns whether the program has closed our descriptors, which a [`wait`](Self::wait) has noticed.
    pub(crate) fn is_closed(&self) -> bool {
        self.signals.is_closed()
    }

    /// Removes and returns all messages. Signals come first, then requests in their order.
    ///
    /// Unix does not keep the order in which different signals arrived.
    pub(crate) fn take(&self) -> Vec<Message> {
        // The signals first: this also takes the wake-ups, and a message that comes later wakes again.
        let mut messages: Vec<Message> = self.signals.take().into_iter().map(Message::Trigger).collect();
        messages.extend(self.lock_requests().messages.drain(..));
        messages
    }

    fn lock_requests(&self) -> MutexGuard<'_, Requests> {
        // Only a failed allocation can panic under the lock, and it leaves the queue as it was.
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
