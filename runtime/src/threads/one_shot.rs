//! A channel for one value.

use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Creates a channel for one value.
pub(crate) fn one_shot<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Channel { state: Mutex::new(State::Empty), changed: Condvar::new() });
    (Sender(Arc::clone(&channel)), Receiver(channel))
}

/// Sends the value. If it is dropped without a value, the receiver stops waiting.
pub(crate) struct Sender<T>(Arc<Channel<T>>);

/// Waits for the value.
pub(crate) struct Receiver<T>(Arc<Channel<T>>);

struct Channel<T> {
    /// Locked to read or replace the state. No value is dropped under the lock: its `Drop` may be user code.
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T> {
    /// Both ends exist, and the value is still to come.
    Empty,
    Full(T),
    /// One end is gone, or the value is received.
    Closed,
}

impl<T> Sender<T> {
    /// Sends the value, and returns at once.
    ///
    /// # Errors
    /// Returns the value if the receiver is gone.
    pub(crate) fn send(self, value: T) -> Result<(), T> {
        let mut state = self.0.lock();
        if matches!(*state, State::Closed) {
            return Err(value);
        }
        *state = State::Full(value);
        // Unlock first, so that the receiver does not wake only to wait for the lock.
        drop(state);
        self.0.changed.notify_one();
        Ok(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if matches!(*state, State::Empty) {
            *state = State::Closed;
            drop(state);
            self.0.changed.notify_one();
        }
    }
}

impl<T> Receiver<T> {
    /// Waits for the value. Returns `None` if the sender is dropped without one.
    pub(crate) fn receive(self) -> Option<T> {
        let mut state = self.0.lock();
        while matches!(*state, State::Empty) {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        take(state)
    }

    /// Waits for the value, at most for this time. Returns `None` if it has not come, or the sender is dropped without one.
    pub(crate) fn receive_within(self, timeout: Duration) -> Option<T> {
        let is_empty = |state: &mut State<T>| matches!(state, State::Empty);
        let state = self.0.changed.wait_timeout_while(self.0.lock(), timeout, is_empty);
        take(state.unwrap_or_else(PoisonError::into_inner).0)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // Drops the value that nobody has received after the lock, which `take` releases.
        drop(take(self.0.lock()));
    }
}

/// Closes the channel, and returns the value that was in it.
fn take<T>(mut state: MutexGuard<'_, State<T>>) -> Option<T> {
    match mem::replace(&mut *state, State::Closed) {
        State::Full(value) => Some(value),
        State::Empty | State::Closed => None,
    }
}

impl<T> Channel<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing under the lock can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_value_comes_before_or_after_the_receiver_waits() {
        let (sender, receiver) = one_shot();
        assert_eq!(sender.send(1), Ok(()));
        assert_eq!(receiver.receive(), Some(1));
        let (sender, receiver) = one_shot();
        let waiting = thread::spawn(|| receiver.receive());
        assert_eq!(sender.send(2), Ok(()));
        assert_eq!(waiting.join().unwrap(), Some(2));
    }

    #[test]
    fn a_sender_without_a_value_ends_the_wait() {
        // Long enough that the other thread waits. If it does not, the test still holds.
        let drop_later = |sender: Sender<()>| {
            thread::sleep(Duration::from_millis(50));
            drop(sender);
        };
        let (sender, receiver) = one_shot();
        let waiting = thread::spawn(|| receiver.receive());
        drop_later(sender);
        assert_eq!(waiting.join().unwrap(), None);
        let (sender, receiver) = one_shot();
        let waiting = thread::spawn(|| receiver.receive_within(Duration::MAX));
        drop_later(sender);
        assert_eq!(waiting.join().unwrap(), None);
    }

    #[test]
    fn a_receiver_that_is_gone_returns_the_value_to_the_sender() {
        let (sender, receiver) = one_shot();
        assert_eq!(receiver.receive_within(Duration::ZERO), None);
        assert_eq!(sender.send(1), Err(1));
        let (sender, receiver) = one_shot();
        drop(receiver);
        assert_eq!(sender.send(1), Err(1));
    }

    #[test]
    fn a_value_that_nobody_receives_is_dropped_with_the_receiver_after_the_lock() {
        /// Locks the channel when it is dropped.
        struct Locks(Arc<Channel<Locks>>);
        impl Drop for Locks {
            fn drop(&mut self) {
                assert!(self.0.state.try_lock().is_ok(), "no value is dropped under the lock");
            }
        }
        let (sender, receiver) = one_shot();
        let value = Locks(Arc::clone(&sender.0));
        assert!(sender.send(value).is_ok());
        drop(receiver);
    }
}
