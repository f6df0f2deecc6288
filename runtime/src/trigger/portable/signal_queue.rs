//! Waits for signals and wake-ups at a condition variable, where no system call waits for both.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::trigger::{Signal, Trigger};

/// The signals that have arrived. The thread that listens to the console writes to it.
pub(in crate::trigger) struct SignalQueue {
    shared: Arc<Shared>,
}

/// What the listening thread shares with the queue.
#[derive(Default)]
struct Shared {
    /// Locked for one change; no user code runs under the lock.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    signals: Vec<Signal>,
    is_woken: bool,
}

impl SignalQueue {
    /// Listens to the signals, of which the system can send each.
    pub(in crate::trigger) fn open(signals: &[Signal]) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        // On other systems no signal can arrive, so the list is empty.
        #[cfg(windows)]
        {
            let queue = Arc::clone(&shared);
            super::console::listen(signals, move |signal| queue.push(signal))?;
        }
        #[cfg(not(windows))]
        let _ = signals;
        Ok(Self { shared })
    }

    /// Ends the current or the next [`wait`](Self::wait).
    pub(in crate::trigger) fn wake(&self) {
        self.shared.change(|state| state.is_woken = true);
    }

    /// Blocks until a signal or a wake-up has arrived, or until `timeout` has passed.
    pub(in crate::trigger) fn wait(&self, timeout: Option<Duration>) {
        let shared = &self.shared;
        let mut state = shared.lock();
        // A time that the clock cannot count is none.
        let Some(until) = timeout.and_then(|timeout| Instant::now().checked_add(timeout)) else {
            while !state.is_woken {
                state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            return;
        };
        while !state.is_woken {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            (state, _) = shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Returns false: the queue has no descriptor.
    #[expect(clippy::unused_self, reason = "the queue of Unix uses it")]
    pub(in crate::trigger) fn is_closed(&self) -> bool {
        false
    }

    /// Removes and returns the signals that have arrived, and removes the wake-ups.
    pub(in crate::trigger) fn take(&self) -> Vec<Trigger> {
        let State { signals, .. } = std::mem::take(&mut *self.shared.lock());
        signals.into_iter().map(Trigger::from).collect()
    }
}

impl Shared {
    /// Adds the signal, and ends the current or the next wait.
    #[cfg_attr(not(any(windows, test)), expect(dead_code, reason = "only Windows sends events"))]
    fn push(&self, signal: Signal) {
        self.change(|state| {
            state.signals.push(signal);
            state.is_woken = true;
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Only a failed allocation can panic under the lock, and it leaves the state as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_ends_the_next_wait_and_is_gone_when_it_is_taken() {
        let queue = SignalQueue::open(&[]).unwrap();
        let start = Instant::now();
        queue.wake();
        queue.wait(None);
        assert!(start.elapsed() < Duration::from_secs(5));
        assert!(queue.take().is_empty());
        queue.wait(Some(Duration::from_millis(20)));
        assert!(start.elapsed() >= Duration::from_millis(20), "the wake-up was taken");
    }

    #[test]
    fn signals_come_out_in_their_order_and_end_a_wait_without_limit() {
        let queue = SignalQueue::open(&[]).unwrap();
        let shared = Arc::clone(&queue.shared);
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(10));
            shared.push(Signal::SIGINT);
            shared.push(Signal::SIGTERM);
        });
        queue.wait(Some(Duration::MAX));
        thread.join().unwrap();
        assert_eq!(queue.take(), [Trigger::from(Signal::SIGINT), Trigger::from(Signal::SIGTERM)]);
        assert!(queue.take().is_empty());
    }
}
