//! Passes the report to the program if the program continues after its shutdown.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker, ready};

use crate::drain::{self, Latch, WaiterEntry};
use crate::exit::{self, ExitMode};
use crate::report::Report;

/// Holds the report when the shutdown has ended, and the futures that wait for it.
#[derive(Default)]
pub(crate) struct FinalReport {
    report: OnceLock<Arc<Report>>,
    latch: Latch,
    main_continues: AtomicBool,
}

impl FinalReport {
    /// Lets `main` continue after the shutdown, also if the exit mode ends the process: `main` waits at its end.
    pub(crate) fn let_main_continue(&self) {
        // Relaxed, here and below: the message that follows carries the order. A shutdown that is over already has decided.
        self.main_continues.store(true, Ordering::Relaxed);
    }

    pub(crate) fn main_continues(&self) -> bool {
        self.main_continues.load(Ordering::Relaxed)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.report.get().is_some()
    }

    /// Sets the report; the first one stays. [`wake_waiters`](Self::wake_waiters) must follow.
    pub(crate) fn set(&self, report: Arc<Report>) {
        // Before the latch: a future that the latch wakes must find the report.
        // Set a second time only if `cut_off` overtakes `finalize`: the first report was handed out.
        let _ = self.report.set(report);
        self.latch.set();
    }

    /// Calls the wakers of the futures that wait, which are user code and may block.
    pub(crate) fn wake_waiters(&self) {
        self.latch.wake_waiters();
    }

    /// Polls for the report. `entry` is the future's place among those that wait, `None` before its first poll.
    pub(crate) fn poll(&self, entry: &mut Option<WaiterEntry>, waker: &Waker) -> Poll<Arc<Report>> {
        ready!(self.latch.poll(entry, waker));
        match self.report.get() {
            Some(report) => Poll::Ready(Arc::clone(report)),
            None => {
                debug_assert!(false, "the report is set before the latch");
                Poll::Pending
            }
        }
    }

    /// Removes a future that does not wait any longer. Otherwise the list would keep its waker.
    pub(crate) fn remove(&self, entry: WaiterEntry) {
        self.latch.remove(entry);
    }

    /// Resolves with the report when it is set.
    pub(crate) fn wait(self: Arc<Self>) -> WaitForReport {
        WaitForReport { report: self, entry: None }
    }
}

/// Waits for the report, and shares it: most programs never need a copy.
pub(crate) struct WaitForReport {
    report: Arc<FinalReport>,
    /// The entry in the list of futures that wait. Set by the first poll.
    entry: Option<WaiterEntry>,
}

impl Future for WaitForReport {
    type Output = Arc<Report>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Arc<Report>> {
        // A `main` that waits for the shutdown must not be waited for.
        drain::note_main_waits();
        let Self { report, entry } = &mut *self;
        report.poll(entry, context.waker())
    }
}

impl Drop for WaitForReport {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.report.remove(entry);
        }
    }
}

/// The future of [`Handle::ended`](crate::Handle::ended).
///
/// It is `Unpin`, and may be polled again after it has resolved.
#[must_use = "this future waits for nothing unless it is polled: add `.await`, or call `Handle::wait`"]
pub struct Ended {
    report: WaitForReport,
    /// Ends the process in this mode after a fault, instead of resolving.
    ends_process: Option<ExitMode>,
}

impl Ended {
    pub(crate) fn new(report: WaitForReport) -> Self {
        Self { report, ends_process: None }
    }

    /// Ends the process in this mode if the report has another exit code than 0.
    pub(crate) fn end_process_after_fault(self, mode: ExitMode) -> Self {
        Self { ends_process: Some(mode), ..self }
    }
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended").finish_non_exhaustive()
    }
}

impl Future for Ended {
    type Output = Report;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Report> {
        let report = ready!(Pin::new(&mut self.report).poll(context));
        if let Some(mode) = self.ends_process.filter(|_| report.exit_code != 0) {
            exit::leave(report.exit_code, mode);
        }
        Poll::Ready((*report).clone())
    }
}

#[cfg(test)]
mod tests {
    use std::task::Wake;

    use super::*;

    struct CountedWaker;

    impl Wake for CountedWaker {
        fn wake(self: Arc<Self>) {}
    }

    #[test]
    fn a_future_that_is_dropped_leaves_no_waker_in_the_list() {
        let (report, counted) = (Arc::new(FinalReport::default()), Arc::new(CountedWaker));
        let waker = Waker::from(Arc::clone(&counted));
        let mut ended = Arc::clone(&report).wait();
        assert!(Pin::new(&mut ended).poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        assert_eq!(Arc::strong_count(&counted), 2, "the list has the waker");
        drop(ended);
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
