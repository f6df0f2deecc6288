//! Ends the shutdown: makes the report with its exit code, and passes it to the finalizer, once.
//!
//! The first worker that sees that all hooks have ended does so. The supervisor does so if a signal forces the end, or if
//! it cannot wait for a worker.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::shared::Run;
use crate::report::Report;
use crate::report::process_info::ProcessInfo;
use crate::telemetry::Event;
use crate::trigger::Trigger;

/// How long the finalization waits for lines that are being written: enough for a few lines on a slow terminal.
const EMIT_TIMEOUT: Duration = Duration::from_millis(50);

impl Run {
    /// Ends the shutdown, once, on the first worker that sees that all hooks have ended.
    pub(super) fn finalize(&self) {
        // What the last hook or `main` asked for is in the inbox, and the supervisor may not have woken for it yet.
        self.receive_messages();
        if self.is_forced() {
            // The supervisor's, which may not know it yet: a second writer would be cut off in the middle of the report.
            return self.inbox.wake();
        }
        if self.finalization.begin() {
            // A shutdown without hooks may end before the supervisor has emitted it.
            self.emit_began_once();
            self.wait_until_emitted();
            // Only if the supervisor has not: work that a signal cuts off is cut off at once.
            self.inspect_cut_off(self.now());
            let report = self.report();
            self.observe_end(&report, Event::Ended);
            self.finalizer.finalize(report);
            self.finalization.end();
        }
        // Also where another worker was faster: this thread may have taken the wake-up that was meant for the supervisor,
        // together with the messages.
        self.inbox.wake();
    }

    /// Ends the shutdown if the supervisor cannot wait for a worker.
    pub(super) fn cut_off(&self) {
        let has_begun = !self.finalization.begin();
        let report = self.report();
        // If a worker has begun, the observer hears of the end from that worker.
        if !has_begun {
            self.observe_end(&report, Event::CutOff);
        }
        self.finalizer.cut_off(report, has_begun);
    }

    /// Tells the observer alone: the finalizer logs the report.
    fn observe_end(&self, report: &Arc<Report>, event: fn(Arc<Report>) -> Event) {
        if self.has_observer() {
            self.observe(&event(Arc::clone(report)));
        }
    }

    /// Returns whether a worker is finalizing, or is idle and will finalize.
    pub(super) fn has_finalizing_worker(&self) -> bool {
        self.finalization.has_begun() || self.lock().idle > 0
    }

    pub(super) fn is_finalized(&self) -> bool {
        self.finalization.is_over()
    }

    fn report(&self) -> Arc<Report> {
        let (trigger, triggered_at) = match self.began() {
            Some(began) => (&began.named_trigger(), began.by_wall_clock),
            None => (&Trigger::MainReturned, SystemTime::UNIX_EPOCH),
        };
        let process = Some(ProcessInfo::current());
        let (now, shared) = (self.now(), self.lock());
        let report = Report { triggered_at, process, ..shared.driver.state().report(trigger, now) };
        drop(shared);
        Arc::new(Report { exit_code: self.finalizer.exit_code(&report), ..report })
    }

    /// Waits until the events so far are emitted: the process must not end before the line that names a stuck hook.
    fn wait_until_emitted(&self) {
        // Half of what is left is for the report itself.
        let until = Instant::now() + EMIT_TIMEOUT.min(self.finalizer.finalize_time(self.now()) / 2);
        // Acquire: pairs with the releases where `shared.rs` counts an emission as over.
        while self.emitting.load(Ordering::Acquire) > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
