//! Counts `main` as work in flight from the moment at which it asks when to stop, until it ends.
//!
//! A `main` that awaits [`draining`](super::draining) still has something to do afterwards: it saves, and returns. It
//! counts from its first question on, not from the answer: the drain phase could end before the answer reaches it. A
//! `main` that never asks may never return, so the drain phase does not wait for it.

use std::cell::Cell;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::in_flight::{InFlight, in_flight_at};
use super::sites::{self, Site};

/// What this thread is for the program.
#[derive(Clone, Copy)]
enum Role {
    /// It does not run `main`, or `main` has ended.
    Other,
    /// It runs `main`, which has not asked. Holds the location of the install.
    Main(&'static Location<'static>),
    /// It runs `main`, which is in flight.
    Asked,
}

thread_local! {
    /// A constant without `Drop`, so that an access is a plain load.
    static ROLE: Cell<Role> = const { Cell::new(Role::Other) };
}

/// Whether `main` is in flight.
enum MainWork {
    NotAsked,
    InFlight(#[expect(dead_code, reason = "its drop counts")] InFlight),
    Ended,
}

/// Never locked while a guard is dropped, because the drop may wake the supervisor.
static MAIN: Mutex<MainWork> = Mutex::new(MainWork::NotAsked);

fn main_work() -> MutexGuard<'static, MainWork> {
    MAIN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Marks the calling thread as the one that runs `main`.
pub(crate) fn mark_main_thread(installed_at: &'static Location<'static>) {
    ROLE.set(Role::Main(installed_at));
}

/// Counts `main` as work in flight if `main` itself makes this call, now or through the future that it blocks on.
#[inline]
pub(crate) fn note_question() {
    // Fails only while the thread's local values are destroyed, when `main` has ended.
    if let Ok(Role::Main(location)) = ROLE.try_with(Cell::get) {
        count_main(location);
    }
}

#[cold]
fn count_main(location: &'static Location<'static>) {
    if is_task() {
        return;
    }
    ROLE.set(Role::Asked);
    let mut main = main_work();
    if matches!(*main, MainWork::NotAsked) {
        *main = MainWork::InFlight(in_flight_at(sites::id(Site { name: "main", location })));
    }
}

/// Returns whether the caller is a task. A current-thread runtime runs its tasks on the main thread, too, but the future
/// of `block_on`, which is `main`, is no task.
fn is_task() -> bool {
    tokio::task::try_id().is_some()
}

/// Counts `main` no longer, because it has ended.
pub(crate) fn end_main() {
    let ended = std::mem::replace(&mut *main_work(), MainWork::Ended);
    // The statement above has released the lock.
    drop(ended);
}

/// Counts `main` no longer if `main` itself makes this call, to wait for the end of the shutdown.
pub(crate) fn note_main_waits() {
    let is_main = matches!(ROLE.try_with(Cell::get), Ok(Role::Main(_) | Role::Asked));
    if is_main && !is_task() {
        ROLE.set(Role::Other);
        end_main();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No other test of this executable marks a main thread.
    #[test]
    fn a_main_that_has_ended_is_not_counted_again() {
        mark_main_thread(Location::caller());
        end_main();
        note_question();
        assert!(matches!(*main_work(), MainWork::Ended));
    }
}
