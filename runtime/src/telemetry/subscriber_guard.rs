//! Calls the subscriber, and stops calling it when it panics or does not return.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::STALLED;
use crate::user_code::catch_panic;

/// A call that takes longer than this makes hook threads wait before they also call. Well above a call that only formats
/// and writes, and well below what a hook notices.
const SLOW: Duration = Duration::from_millis(1);

/// Tracks the calls into the subscriber that have not returned yet.
#[derive(Default)]
pub(super) struct SubscriberGuard {
    /// Never locked during a call.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: Vec<(u64, Instant)>,
    next: u64,
    /// How long hook threads have waited for slow calls in total. Limited: hooks must not be as slow as the subscriber.
    waited: Duration,
    /// Whether the subscriber has panicked. It is not called again.
    broken: bool,
}

impl SubscriberGuard {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the subscriber has panicked.
    pub(super) fn is_broken(&self) -> bool {
        self.state().broken
    }

    /// Calls the subscriber from a thread that may be blocked. Returns `None` if the subscriber panics or has panicked.
    pub(super) fn call<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let state = self.state();
        if state.broken { None } else { self.tracked_call(state, call) }
    }

    /// Calls the subscriber from a hook's thread, which should not be blocked.
    ///
    /// Waits while another call is slow, and returns `None` without a call while another one is stalled. This limits how
    /// many hook threads a blocked subscriber can stall.
    pub(super) fn call_from_hook<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let mut state = self.state();
        while state.longest() > SLOW && state.longest() <= STALLED && state.waited <= STALLED && !state.broken {
            let since = Instant::now();
            // Wakes in between: no notification comes when a call becomes stalled.
            let waited = self.changed.wait_timeout(state, STALLED / 4);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waited = state.waited.saturating_add(since.elapsed());
        }
        if state.broken || state.longest() > STALLED { None } else { self.tracked_call(state, call) }
    }

    /// Makes the call without the lock. Lists the call while it runs.
    fn tracked_call<T>(&self, mut state: MutexGuard<'_, State>, call: impl FnOnce() -> T) -> Option<T> {
        let number = state.next;
        // Wraps after 2^64 calls, when no old call is in the list.
        state.next = number.wrapping_add(1);
        state.calls.push((number, Instant::now()));
        drop(state);
        // `catch_panic` also drops the payload of a panic, whose `Drop` is user code.
        let result = catch_panic(call);
        let mut state = self.state();
        state.calls.retain(|(other, _)| *other != number);
        state.broken |= result.is_err();
        drop(state);
        // All: hook threads wait for the same call.
        self.changed.notify_all();
        result.ok()
    }
}

impl State {
    /// How long the oldest call that has not returned takes so far; zero if there is none.
    fn longest(&self) -> Duration {
        self.calls.iter().map(|(_, since)| since.elapsed()).max().unwrap_or(Duration::ZERO)
    }
}
