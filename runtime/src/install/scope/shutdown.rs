//! Runs the shutdown of one scope: prepares its threads, and passes its report on.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::drain::{ScopeDrain, Stage, WorkInFlight};
use crate::exit;
use crate::hook::registry::Provided;
use crate::install::handle::{Handle, INSTALLED};
use crate::plan::Plan;
use crate::plan::budget::Budget;
use crate::plan::drain_delay::DrainDelay;
use crate::plan::order::PlanError;
use crate::report::Report;
use crate::run::{self, Finalizer, HookRuntime, ParkedThread, Program, Run, ShutdownState};
use crate::telemetry::{Event, Output};
use crate::threads;
use crate::trigger::{Inbox, Masks, Message, Trigger};

/// Receives the report of a scope's shutdown.
pub(super) trait ReportSink: Send + Sync {
    /// Keeps the report. Runs no user code.
    fn set(&self, report: &Arc<Report>);
    /// Wakes the futures that wait for the report. Their wakers are user code and may block.
    fn wake_waiters(&self);
}

/// A shutdown of a scope that has not begun. Everything that the system may refuse exists.
pub(super) struct PreparedShutdown {
    run: Arc<Run>,
    finalizer: Arc<ScopeFinalizer>,
    inbox: Arc<Inbox>,
    worker: ParkedThread<Start>,
    supervisor: ParkedThread<Arc<Run>>,
}

/// What the first worker starts with.
struct Start {
    run: Arc<Run>,
    trigger: Trigger,
    supervisor: ParkedThread<Arc<Run>>,
}

impl PreparedShutdown {
    /// Prepares a shutdown without hooks.
    ///
    /// # Errors
    /// The system refuses a thread or a descriptor.
    pub(super) fn new(scope: &Arc<ScopeDrain>, budget: Budget) -> io::Result<Self> {
        let worker = ParkedThread::start("scope-shutdown", start)?;
        let supervisor = ParkedThread::start("scope-watch", |run| run::supervise(&run))?;
        let installed = INSTALLED.get();
        let masks = installed.map_or_else(Masks::of_this_thread, |handle| handle.inbox().masks());
        let inbox = Arc::new(Inbox::without_signals(masks)?);
        let output = Arc::new(output(masks).in_scope(scope.path()));
        let finalizer =
            Arc::new(ScopeFinalizer { path: scope.path(), budget, output: Arc::clone(&output), sink: OnceLock::new() });
        let plan =
            Plan::new(Vec::new(), budget, DrainDelay::NONE).map_err(|error: PlanError| io::Error::other(error))?;
        let state = ShutdownState::new(plan, Arc::new(ThisScope(Arc::clone(scope))), false);
        let (values, ended) = (Arc::clone(Provided::global()), Arc::clone(&finalizer) as Arc<dyn Finalizer>);
        let run = Run::new(state, Arc::clone(&inbox), values, output, None, ended);
        let of_program = installed.and_then(Handle::program_runtime).cloned();
        let runtime = of_program.or_else(|| tokio::runtime::Handle::try_current().ok());
        runtime.into_iter().for_each(|runtime| run.set_program_runtime(runtime));
        Ok(Self { run, finalizer, inbox, worker, supervisor })
    }

    pub(super) fn run(&self) -> &Arc<Run> {
        &self.run
    }

    /// Begins the shutdown of this scope, whose report goes to the sink.
    pub(super) fn begin(self, scope: &ScopeDrain, trigger: Trigger, sink: Arc<dyn ReportSink>) {
        let Self { run, finalizer, inbox, worker, supervisor } = self;
        // The drain phase waits on the inbox, so the end of work in flight must wake the inbox.
        scope.set_wake(Arc::new(move || inbox.wake()));
        // Set for the first time: `begin` takes the shutdown.
        let _ = finalizer.sink.set(sink);
        worker.unpark(Start { run, trigger, supervisor });
    }
}

/// Runs the shutdown. The calling thread is its first worker.
fn start(Start { run, trigger, supervisor }: Start) {
    let supervised = Arc::clone(&run);
    run.start([Message::Trigger(trigger)], HookRuntime::default(), move || supervisor.unpark(supervised));
}

/// Returns the output of the installed shutdown, or one for all scopes of a program that has none.
fn output(masks: Masks) -> Arc<Output> {
    static UNINSTALLED: OnceLock<Arc<Output>> = OnceLock::new();
    match INSTALLED.get() {
        Some(handle) => Arc::clone(handle.output()),
        None => Arc::clone(UNINSTALLED.get_or_init(|| Arc::new(Output::new(false, masks)))),
    }
}

/// The scope as the state of its shutdown sees it.
struct ThisScope(Arc<ScopeDrain>);

impl Program for ThisScope {
    fn enter_stage(&self, stage: Stage) {
        self.0.enter_stage(stage);
    }

    fn wake_waiters(&self, stage: Stage) {
        self.0.wake_waiters(stage);
    }

    fn has_waiters(&self, stage: Stage) -> bool {
        self.0.has_waiters(stage)
    }

    fn count_work(&self) -> usize {
        self.0.count_in_flight()
    }

    fn list_work(&self) -> Vec<WorkInFlight> {
        self.0.list_in_flight()
    }

    fn since_last_new_work(&self) -> Option<Duration> {
        self.0.since_last_new_work()
    }
}

/// Passes the report on. The process goes on.
struct ScopeFinalizer {
    path: &'static str,
    budget: Budget,
    output: Arc<Output>,
    sink: OnceLock<Arc<dyn ReportSink>>,
}

impl ScopeFinalizer {
    fn set(&self, report: &Arc<Report>) {
        // First: when the report is set, the drain phase of the process may end, and the process with it.
        self.output.log(Event::ScopeEnded { scope: self.path, report: Arc::clone(report) });
        self.sink.get().into_iter().for_each(|sink| sink.set(report));
    }
}

impl Finalizer for ScopeFinalizer {
    fn exit_code(&self, report: &Report) -> u8 {
        exit::code(report, false)
    }

    fn finalize(&self, report: Arc<Report>) {
        self.set(&report);
        self.sink.get().into_iter().for_each(|sink| sink.wake_waiters());
    }

    fn cut_off(&self, report: Arc<Report>, has_begun: bool) {
        // Otherwise `finalize` has set the report, or is about to.
        if !has_begun {
            self.set(&report);
        }
        let Some(sink) = self.sink.get() else { return };
        // On another thread, because this one must not block; on this one only if the system refuses another.
        let woken = Arc::clone(sink);
        if threads::spawn("scope-wake", move || woken.wake_waiters()).is_err() {
            sink.wake_waiters();
        }
    }

    fn finalize_time(&self, now: Duration) -> Duration {
        self.budget.finalization_deadline().saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Counts the reports, and sends a message when the wakers are called.
    struct CountingSink {
        reports: AtomicUsize,
        woken: Sender<()>,
    }

    impl ReportSink for CountingSink {
        fn set(&self, _report: &Arc<Report>) {
            self.reports.fetch_add(1, Ordering::SeqCst);
        }

        fn wake_waiters(&self) {
            self.woken.send(()).expect("the test waits");
        }
    }

    #[test]
    fn the_end_of_work_in_flight_wakes_the_shutdown_of_its_scope() {
        let (woken, wait) = channel();
        let drain = ScopeDrain::new("wakes", None);
        let prepared = PreparedShutdown::new(&drain, Budget::choose(None, None, None).expect("the default"));
        let sink = Arc::new(CountingSink { reports: AtomicUsize::new(0), woken });
        assert!(!drain.has_wake());
        prepared.expect("the system grants two threads").begin(&drain, Trigger::MainReturned, sink);
        assert!(drain.has_wake());
        wait.recv().expect("the scope has no work");
    }

    #[test]
    fn a_scope_that_is_cut_off_sets_its_report_once_and_wakes_its_waiters_each_time() {
        let (woken, wait) = channel();
        let counting = Arc::new(CountingSink { reports: AtomicUsize::new(0), woken });
        let budget = Budget::choose(None, None, None).expect("the default");
        let output = Arc::new(Output::new(true, Masks::of_this_thread()));
        let finalizer = ScopeFinalizer { path: "test", budget, output, sink: OnceLock::new() };
        assert!(finalizer.sink.set(Arc::clone(&counting) as Arc<dyn ReportSink>).is_ok());
        let reports = |has_begun| {
            finalizer.cut_off(Arc::new(crate::report::sample::report(&[])), has_begun);
            wait.recv().expect("the waiters are woken");
            counting.reports.load(Ordering::SeqCst)
        };
        assert_eq!(reports(true), 0, "a worker is about to set it");
        assert_eq!(reports(false), 1);
    }
}
