//! Writes the report of a run, and ends the process.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::final_report::FinalReport;
use super::termination_log;
use crate::drain::{self, Stage, WorkInFlight};
use crate::duration_text::HumanDuration;
use crate::exit::{self, Armed, ExitMode, LastResort};
use crate::plan::budget::Budget;
use crate::report::Report;
use crate::report::file::ReportFile;
use crate::run::{Finalizer, Program};
use crate::telemetry::stderr;
use crate::telemetry::{self, Event, Output};
use crate::threads::{self, one_shot};
use crate::trigger::Masks;

/// Maximum time to flush stdout: the program may hold its lock for ever.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);

/// Finalizes the run of this process.
pub(crate) struct Reporter {
    budget: Budget,
    exit_mode: ExitMode,
    signal_exit_code: bool,
    output: Arc<Output>,
    file: Option<Arc<ReportFile>>,
    /// Set at the trigger.
    last_resort: OnceLock<Armed>,
    /// The report for the program, if the program continues.
    final_report: Arc<FinalReport>,
}

/// The settings of a reporter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReporterOptions {
    pub(crate) exit_mode: ExitMode,
    pub(crate) signal_exit_code: bool,
    pub(crate) quiet: bool,
}

impl Reporter {
    pub(crate) fn new(options: ReporterOptions, budget: Budget, file: Option<ReportFile>, masks: Masks) -> Self {
        let ReporterOptions { exit_mode, signal_exit_code, quiet } = options;
        Self {
            budget,
            exit_mode,
            signal_exit_code,
            output: Arc::new(Output::new(quiet, masks)),
            file: file.map(Arc::new),
            last_resort: OnceLock::new(),
            final_report: Arc::default(),
        }
    }

    /// Starts the last resort. Called once, at the trigger.
    pub(crate) fn arm(&self, last_resort: LastResort) {
        // Cannot be set before: there is one trigger.
        let _ = self.last_resort.set(last_resort.arm(self.budget.last_resort_deadline()));
    }

    /// Returns the output, for the run and for lines before the trigger.
    pub(crate) fn output(&self) -> &Arc<Output> {
        &self.output
    }

    /// Returns whether the program continues after the shutdown.
    pub(crate) fn program_continues(&self) -> bool {
        self.exit_mode == ExitMode::Return
    }

    /// Returns where the program gets the report from.
    pub(crate) fn final_report(&self) -> Arc<FinalReport> {
        Arc::clone(&self.final_report)
    }

    /// Writes the files on a thread of their own, and waits for a limited time: a file system may hang.
    fn write_files_in_time(&self, report: &Arc<Report>) {
        if self.file.is_none() && report.exit_code == 0 {
            return;
        }
        let (file, report, (done, result)) = (self.file.clone(), Arc::clone(report), one_shot());
        let write = move || {
            // First: it is one short line, and all that `kubectl describe` shows.
            if report.exit_code != 0 {
                termination_log::write(&report);
            }
            // The receiver may have stopped waiting.
            let _ = done.send(file.map_or(Ok(()), |file| file.write(&report)));
        };
        let problem = match threads::spawn("shutdown-report", write) {
            Err(_) => "the report file was not written: the system refused a thread for it".to_owned(),
            Ok(()) => match result.receive_within(stderr::REPORT_TIMEOUT) {
                Some(Ok(())) => return,
                Some(Err(error)) => error,
                None => {
                    format!("the report file was not written within {}", HumanDuration(stderr::REPORT_TIMEOUT))
                }
            },
        };
        // Without a report file there is only the termination log, which is written if possible.
        if self.file.is_some() {
            self.output.log(Event::Problem(problem));
        }
    }

    /// Lets the program continue with the report. `wake` calls the wakers of the futures that wait for it, which are user
    /// code and may block: the caller decides on which thread.
    fn hand_over(&self, report: Arc<Report>, wake: impl FnOnce(Arc<FinalReport>)) {
        // First: from now on the program decides when the process ends.
        self.last_resort.get().into_iter().for_each(Armed::disarm);
        self.final_report.set(report);
        wake(self.final_report());
    }
}

/// The program of this process: its stage, and its work in flight.
pub(crate) struct ThisProgram;

impl Program for ThisProgram {
    fn enter_stage(&self, stage: Stage) {
        drain::enter_stage(stage);
    }

    fn wake_waiters(&self, stage: Stage) {
        drain::wake_waiters(stage);
    }

    fn has_waiters(&self, stage: Stage) -> bool {
        drain::has_waiters(stage)
    }

    fn count_work(&self) -> usize {
        drain::count_in_flight()
    }

    fn list_work(&self) -> Vec<WorkInFlight> {
        drain::list_in_flight()
    }

    fn since_last_new_work(&self) -> Option<Duration> {
        drain::since_last_new_work()
    }
}

impl Finalizer for Reporter {
    fn exit_code(&self, report: &Report) -> u8 {
        exit::code(report, self.signal_exit_code)
    }

    fn finalize(&self, report: Arc<Report>) {
        let code = report.exit_code;
        // Before the files: operators read stderr first, and a file system may hang.
        self.output.write_report(&report, self.budget.report_time(report.duration));
        if code != 0 {
            termination_log::write(&report);
        }
        if let Some(Err(error)) = self.file.as_ref().map(|file| file.write(&report)) {
            self.output.log(Event::Problem(error));
        }
        match self.exit_mode {
            // A forced end ends the process in every mode: the person at the terminal asked for it.
            ExitMode::Return if report.forced.is_none() => self.hand_over(report, |report| report.wake_waiters()),
            // The last resort stays armed: `main` may hang on its way out.
            _ if self.final_report.main_continues() && report.forced.is_none() => {
                self.final_report.set(report);
                self.final_report.wake_waiters();
            }
            mode => exit::leave(code, mode),
        }
    }

    fn cut_off(&self, report: Arc<Report>, has_begun: bool) {
        // Otherwise `finalize` is writing the report, and both texts would mix.
        if !has_begun {
            self.output.write_report(&report, Duration::ZERO);
            self.write_files_in_time(&report);
        }
        if self.exit_mode == ExitMode::Return && report.forced.is_none() {
            // On another thread, because this one must not block; on this one only if the system refuses another.
            return self.hand_over(report, |report| {
                let woken = Arc::clone(&report);
                if threads::spawn("shutdown-wake", move || woken.wake_waiters()).is_err() {
                    report.wake_waiters();
                }
            });
        }
        exit::now(report.exit_code)
    }

    fn finalize_time(&self, now: Duration) -> Duration {
        let left = self.budget.finalization_deadline().saturating_sub(now);
        match self.exit_mode {
            // The handlers are user code, and may need all the time.
            ExitMode::Atexit => left,
            ExitMode::Immediate | ExitMode::Return => {
                left.min(FLUSH_TIMEOUT + stderr::REPORT_TIMEOUT + telemetry::WORKER_TIMEOUT)
            }
        }
    }
}
