//! Calls into code that listens in, their results out; while one of them does not come back, no further ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::teller::HELD;

/// While a call has taken so long, whoever could be held up by the next one waits for what becomes of it.
const SLOW: Duration = Duration::from_millis(1);

/// Who is in a call just now.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: Vec<(u64, Instant)>,
    next: u64,
    /// How long slow calls were waited for, all in all: hooks are not to be as slow as their listener.
    waited: Duration,
    /// One panicked: whoever listens is not called again.
    broken: bool,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call panicked.
    pub(super) fn is_broken(&self) -> bool {
        self.state().broken
    }

    /// The call of one who may be held up. Once one has panicked, no other is made.
    pub(super) fn call<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let state = self.state();
        if state.broken { None } else { self.watched(state, call) }
    }

    /// The same for one who should not be held up: it waits while another call is slow, and is not made while that is
    /// held up. So those that are held up are few, whatever their number would be without.
    pub(super) fn call_with_care<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let mut state = self.state();
        while state.longest() > SLOW && state.longest() <= HELD && state.waited <= HELD && !state.broken {
            let since = Instant::now();
            let waited = self.changed.wait_timeout(state, HELD / 4);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waited += since.elapsed();
        }
        if state.broken || state.longest() > HELD { None } else { self.watched(state, call) }
    }

    fn watched<T>(&self, mut state: MutexGuard<'_, State>, call: impl FnOnce() -> T) -> Option<T> {
        let number = state.next;
        state.next += 1;
        state.calls.push((number, Instant::now()));
        drop(state);
        let result = catch_unwind(AssertUnwindSafe(call));
        let mut state = self.state();
        state.calls.retain(|(other, _)| *other != number);
        state.broken |= result.is_err();
        drop(state);
        self.changed.notify_all();
        // The payload's `Drop` is the listener's code as well.
        result.map_err(std::mem::forget).ok()
    }
}

impl State {
    fn longest(&self) -> Duration {
        self.calls.iter().map(|(_, since)| since.elapsed()).max().unwrap_or_default()
    }
}
