//! Gives sync hooks a tokio context: code that a hook shares with the program may call `tokio::spawn` or
//! `Handle::current`, often in a `Drop`.
//!
//! The context is the program's own runtime if the attribute has made it or the install has found it. Its threads drive
//! it, so `Handle::block_on` works as well. Otherwise the context is the worker's runtime for async hooks, which runs what
//! the hook has spawned when the hook has returned.

use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{EnterGuard, Handle};

use super::hook_runtime::{BuiltRuntime, TASK_CHECK};

/// The tokio context of one sync hook.
pub(super) enum TokioContext<'a> {
    /// The program's runtime, with the number of its tasks before the hook.
    Program(&'a Handle, usize),
    /// The worker's own runtime.
    Worker(&'a BuiltRuntime),
    /// The system refused a runtime.
    Nothing,
}

impl<'a> TokioContext<'a> {
    pub(super) fn of_program(handle: &'a Handle) -> Self {
        Self::Program(handle, handle.metrics().num_alive_tasks())
    }

    pub(super) fn of_worker(runtime: Option<&'a BuiltRuntime>) -> Self {
        runtime.map_or(Self::Nothing, Self::Worker)
    }

    /// Enters the context on this thread until the guard is dropped.
    pub(super) fn enter(&self) -> Option<EnterGuard<'_>> {
        match self {
            Self::Program(handle, _) => Some(handle.enter()),
            Self::Worker(runtime) => Some(runtime.tokio.enter()),
            Self::Nothing => None,
        }
    }

    /// Returns whether the hook has left tasks that only the worker can run.
    pub(super) fn has_left_tasks(&self) -> bool {
        matches!(self, Self::Worker(runtime) if !runtime.is_tidy())
    }

    /// Waits until the program's runtime has no more tasks than before the hook, at most for this time.
    ///
    /// A hook that drops a value whose `Drop` spawns the release returns at once, and the process could end before the
    /// release. A task of the program that began meanwhile counts, too, so the wait may be in vain.
    pub(super) fn wait_for_program_tasks(&self, time: Duration) {
        let Self::Program(handle, before) = self else { return };
        let (metrics, until) = (handle.metrics(), Instant::now() + time);
        while metrics.num_alive_tasks() > *before && Instant::now() < until {
            thread::sleep(TASK_CHECK);
        }
    }
}
