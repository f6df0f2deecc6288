//! Calls into code that listens in, their results out; while one of them does not come back, no further ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A call that takes longer than this is held up, perhaps for ever.
pub(super) const HELD: Duration = Duration::from_millis(100);

/// While a call has taken so long, whoever could be held up by the next one waits for what becomes of it.
#[cfg(feature = "tracing")]
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
    /// One panicked: whoever listens is not called again.
    #[cfg(feature = "tracing")]
    broken: bool,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call panicked.
    #[cfg(feature = "tracing")]
    pub(super) fn is_broken(&self) -> bool {
        self.state().broken
    }

    /// The call of one who may be held up.
    pub(super) fn call<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        self.watched(self.state(), call)
    }

    /// The same, where a panic means that nobody is called again.
    #[cfg(feature = "tracing")]
    pub(super) fn call_unless_broken<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let state = self.state();
        if state.broken { None } else { self.breakable(state, call) }
    }

    /// The same for one who should not be held up: it waits while another call is slow, and is not made while that is
    /// held up. So those that are held up are few, whatever their number would be without.
    #[cfg(feature = "tracing")]
    pub(super) fn call_with_care<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let mut state = self.state();
        while state.longest() > SLOW && state.longest() <= HELD && !state.broken {
            let waited = self.changed.wait_timeout(state, HELD / 4);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.broken || state.longest() > HELD { None } else { self.breakable(state, call) }
    }

    #[cfg(feature = "tracing")]
    fn breakable<T>(&self, state: MutexGuard<'_, State>, call: impl FnOnce() -> T) -> Option<T> {
        let result = self.watched(state, call);
        if result.is_none() {
            self.state().broken = true;
        }
        result
    }

    /// None if it panicked.
    fn watched<T>(&self, mut state: MutexGuard<'_, State>, call: impl FnOnce() -> T) -> Option<T> {
        let number = state.next;
        state.next += 1;
        state.calls.push((number, Instant::now()));
        drop(state);
        let result = catch_unwind(AssertUnwindSafe(call));
        self.state().calls.retain(|(other, _)| *other != number);
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
