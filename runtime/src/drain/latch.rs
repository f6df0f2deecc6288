//! Provides a flag that is set once, and the futures that wait for it.

use std::task::{Poll, Waker};

use super::stage::{Stage, StageFlag};
use super::waiters::{WaiterEntry, WaiterList};

/// A flag that is set once. Setting it and waking the futures that wait for it are two calls, because wakers are user
/// code.
pub(crate) struct Latch {
    /// A stage with two values: not set, and set.
    flag: StageFlag,
    waiters: WaiterList,
}

/// The stage of a latch that is set.
const SET: Stage = Stage::Leaving;

impl Default for Latch {
    fn default() -> Self {
        Self { flag: StageFlag::new(), waiters: WaiterList::new() }
    }
}

impl Latch {
    /// Sets the flag. Takes no lock and runs no user code; [`wake_waiters`](Self::wake_waiters) must follow.
    pub(crate) fn set(&self) {
        self.flag.enter(SET);
    }

    /// Calls the wakers of the futures that wait, each guarded on its own. They are user code and may block.
    pub(crate) fn wake_waiters(&self) {
        self.waiters.wake(&self.flag, SET);
    }

    /// Polls for the flag. `entry` is the future's place among those that wait, `None` before its first poll.
    pub(crate) fn poll(&self, entry: &mut Option<WaiterEntry>, waker: &Waker) -> Poll<()> {
        self.waiters.poll(&self.flag, SET, entry, waker)
    }

    /// Removes a future that does not wait any longer.
    pub(crate) fn remove(&self, entry: WaiterEntry) {
        self.waiters.remove(SET, entry);
    }
}
