//! Signals and requests in, notes in the order of arrival out; waiting for both at one descriptor.

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

/// What arrives.
#[derive(Debug)]
pub(crate) enum Message {
    /// A reason to stop, or one more while stopping.
    Trigger(Trigger),
    /// The program asked to end with a code of its own.
    Exit(u8),
}

/// The one place where the shutdown waits. Everything it needs is made when it is opened.
pub(crate) struct Inbox {
    delivery: Mutex<SignalDelivery<UnixStream, Exfiltrator>>,
    notes: Mutex<VecDeque<Message>>,
    arrived: UnixStream,
    bell: UnixStream,
    masks: Masks,
}

impl Inbox {
    /// Registers the handlers. A signal that arrives meanwhile is neither lost nor deadly: it is held back.
    pub(crate) fn open(signals: &[Signal], blocked: &BlockedSignals) -> io::Result<Self> {
        let (read, write) = UnixStream::pair()?;
        let (arrived, bell) = (read.try_clone()?, write.try_clone()?);
        bell.set_nonblocking(true)?;
        let numbers = signals.iter().map(|signal| signal.number());
        let delivery = SignalDelivery::with_pipe(read, write, exfiltrator(), numbers)?;
        let masks = Masks::new(blocked.before(), signals);
        Ok(Self { delivery: Mutex::new(delivery), notes: Mutex::default(), arrived, bell, masks })
    }

    pub(crate) fn masks(&self) -> Masks {
        self.masks
    }

    pub(crate) fn send(&self, note: Message) {
        self.notes().push_back(note);
        self.wake();
    }

    /// Ends a [`wait`](Self::wait). A full pipe is no error: then it is rung already.
    pub(crate) fn wake(&self) {
        let _ = (&self.bell).write(b"!");
    }

    /// Waits until something may have arrived, or the time is over.
    pub(crate) fn wait(&self, at_most: Option<Duration>) {
        // Rounded up: waking early would mean waking twice.
        let round_up = |time: Duration| PollTimeout::try_from(time + Duration::from_nanos(999_999));
        let timeout = at_most.map_or(PollTimeout::NONE, |time| round_up(time).unwrap_or(PollTimeout::MAX));
        let mut descriptor = [PollFd::new(self.arrived.as_fd(), PollFlags::POLLIN)];
        let result = poll(&mut descriptor, timeout);
        let readable = descriptor.iter().filter_map(PollFd::revents).any(|found| found.contains(PollFlags::POLLIN));
        if matches!(result, Ok(1..)) && !readable {
            // The program closed descriptors that are not its own. Signals are still recorded, only unheralded.
            let patience = Duration::from_millis(10);
            std::thread::sleep(at_most.map_or(patience, |time| time.min(patience)));
        }
    }

    /// Everything that has arrived: signals first (their order among each other is not kept by Unix), then requests.
    pub(crate) fn take(&self) -> Vec<Message> {
        let pending = self.delivery.lock().unwrap_or_else(PoisonError::into_inner).pending();
        let mut notes: Vec<Message> = pending.map(|arrival| Message::Trigger(trigger(arrival))).collect();
        notes.extend(self.notes().drain(..));
        notes
    }

    fn notes(&self) -> MutexGuard<'_, VecDeque<Message>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
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
    let sender = origin.process.map(|process| Sender { pid: process.pid, uid: process.uid });
    Trigger::Signal { signal: Signal::from_raw(origin.signal), sender }
}

#[cfg(not(feature = "sender"))]
fn trigger(number: i32) -> Trigger {
    let sender: Option<Sender> = None;
    Trigger::Signal { signal: Signal::from_raw(number), sender }
}
