//! Hands the report to the program, where the program goes on after its shutdown.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use crate::drain::{Latch, WaiterEntry};
use crate::report::Report;

/// The report, once there is one, and the futures that wait for it.
#[derive(Default)]
pub(crate) struct FinalReport {
    report: OnceLock<Report>,
    latch: Latch,
}

impl FinalReport {
    /// Sets the report; the first one stays. [`wake_waiters`](Self::wake_waiters) must follow.
    pub(crate) fn set(&self, report: Report) {
        // Before the latch: who is woken by it finds the report.
        let _ = self.report.set(report);
        self.latch.set();
    }

    /// Calls the wakers of the futures that wait, which are user code and may block.
    pub(crate) fn wake_waiters(&self) {
        self.latch.wake_waiters();
    }

    /// Resolves with the report when it is set.
    pub(crate) fn wait(self: Arc<Self>) -> WaitForReport {
        WaitForReport { report: self, entry: None }
    }
}

/// The future of [`FinalReport::wait`].
pub(crate) struct WaitForReport {
    report: Arc<FinalReport>,
    /// The place among the futures that wait, from the first poll on.
    entry: Option<WaiterEntry>,
}

impl fmt::Debug for WaitForReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitForReport").finish_non_exhaustive()
    }
}

impl Future for WaitForReport {
    type Output = Report;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Report> {
        let Self { report, entry } = &mut *self;
        ready!(report.latch.poll(entry, context.waker()));
        match report.report.get() {
            Some(report) => Poll::Ready(report.clone()),
            None => {
                debug_assert!(false, "the report is set before the latch");
                Poll::Pending
            }
        }
    }
}

impl Drop for WaitForReport {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.report.latch.remove(entry);
        }
    }
}
