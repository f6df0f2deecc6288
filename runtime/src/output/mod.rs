//! Beside station 9: the events of a run in, words for the person who reads the log and the end of the process out.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use crate::drain::{self, Stage, WorkInFlight};
use crate::duration_text::HumanDuration;
use crate::exit::{self, Armed, ExitMode, LastResort};
use crate::hook::{Hook, Phase};
use crate::plan::budget::Budget;
use crate::report::Report;
use crate::report::file::ReportFile;
use crate::run::{Event, Observer, Program, Progress, RunningHook, StuckHook};
use crate::telemetry::stderr;
use crate::telemetry::{self, HookLabel, HookSpan, Notice, Output};
use crate::trigger::{Masks, Trigger};

pub(crate) mod final_report;
#[cfg(feature = "systemd")]
pub mod systemd;
mod termination_log;

use final_report::FinalReport;

/// How long stdout may take to be flushed; the program may hold its lock for ever.
const FLUSH_PATIENCE: Duration = Duration::from_millis(500);

/// The world around a run: readiness, stderr, and the end of the process.
pub(crate) struct Reporter {
    budget: Budget,
    exit_mode: ExitMode,
    signal_exit_code: bool,
    output: Output,
    file: Option<Arc<ReportFile>>,
    /// From the trigger on.
    last_resort: OnceLock<Armed>,
    /// The report for the program, where the program goes on.
    final_report: Arc<FinalReport>,
}

/// What the settings say about the end.
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
            output: Output::new(quiet, masks),
            file: file.map(Arc::new),
            last_resort: OnceLock::new(),
            final_report: Arc::default(),
        }
    }

    pub(crate) fn arm(&self, last_resort: LastResort) {
        let _ = self.last_resort.set(last_resort.arm(self.budget.last_resort()));
    }

    /// For what is to be told before there is a trigger.
    pub(crate) fn output(&self) -> &Output {
        &self.output
    }

    pub(crate) fn program_goes_on(&self) -> bool {
        self.exit_mode == ExitMode::Return
    }

    /// The report that the program gets, where the program goes on.
    pub(crate) fn final_report(&self) -> Arc<FinalReport> {
        Arc::clone(&self.final_report)
    }

    /// The files where nothing is waited for: a file system that hangs holds up the end no longer than this.
    fn write_in_time(&self, report: &Report) {
        if self.file.is_none() && report.exit_code == 0 {
            return;
        }
        let (file, report, (tell, told)) = (self.file.clone(), report.clone(), sync_channel(1));
        let write = move || {
            if report.exit_code != 0 {
                termination_log::write(&report);
            }
            let _ = tell.send(file.map_or(Ok(()), |file| file.write(&report)));
        };
        let trouble = match thread::Builder::new().name("shutdown-report".to_owned()).spawn(write) {
            Err(_) => "no report in a file: the system refuses a thread to write it".to_owned(),
            Ok(_) => match told.recv_timeout(stderr::PATIENCE) {
                Ok(Ok(())) => return,
                Ok(Err(why)) => why,
                Err(_) => format!("no report in a file: it took longer than {}", HumanDuration(stderr::PATIENCE)),
            },
        };
        // Of a file that nobody asked for there is nothing to say.
        if self.file.is_some() {
            self.output.tell(Notice::Trouble(trouble));
        }
    }

    /// Lets the program go on with the report. The wakers of who waits for it may block: the caller says where.
    fn hand_over(&self, report: Report, wake: impl FnOnce(Arc<FinalReport>)) {
        self.last_resort.get().into_iter().for_each(Armed::disarm);
        self.final_report.set(report);
        wake(self.final_report());
    }
}

/// The program that this process is.
pub(crate) struct ThisProgram;

impl Program for ThisProgram {
    fn enter_stage(&self, stage: Stage) {
        drain::enter_stage(stage);
    }

    fn count_work(&self) -> usize {
        drain::count_in_flight()
    }

    fn list_work(&self) -> Vec<WorkInFlight> {
        drain::list_in_flight()
    }
}

impl Observer for Reporter {
    fn triggered(&self) {}

    fn began(&self, trigger: &Trigger, hooks: usize) {
        self.output.tell(Notice::Began { trigger: trigger.clone(), hooks, within: self.budget.total() });
    }

    fn span(&self, hook: &Hook) -> HookSpan {
        self.output.span(hook)
    }

    fn phase_began(&self, _phase: Phase, _hooks: usize) {}

    fn event(&self, event: &Event, hook: Option<&StuckHook>) {
        match event {
            Event::Cancel(_) | Event::PhaseBegan { .. } | Event::StageBegan(Stage::Serving | Stage::Leaving) => {}
            Event::StageBegan(Stage::Draining) => {
                self.output.tell(Notice::Draining { in_flight: drain::count_in_flight() })
            }
            Event::Ended(hook) => self.output.tell(Notice::Ended(hook.clone())),
            Event::TimedOut { after, .. } => {
                if let Some(StuckHook { hook, activity }) = hook {
                    let (hook, activity) = (HookLabel::of(hook), activity.clone());
                    self.output.tell(Notice::TimedOut { hook, after: *after, activity });
                }
            }
            Event::WorkCutOff(work) => work.iter().for_each(|work| self.output.tell(Notice::CutOff(work.clone()))),
            Event::LaterTrigger(trigger) => self.output.tell(Notice::Noted(trigger.clone())),
            Event::Fast(signal) => self.output.tell(Notice::Hurry(*signal)),
        }
    }

    fn still_running(&self, hooks: &[RunningHook], work: &[WorkInFlight]) {
        for RunningHook { hook, elapsed, remaining, activity } in hooks {
            let (hook, activity) = (HookLabel::of(hook), activity.clone());
            self.output.tell(Notice::StillRunning { hook, elapsed: *elapsed, remaining: *remaining, activity });
        }
        work.iter().for_each(|work| self.output.tell(Notice::Waiting(work.clone())));
    }

    fn progress_interval(&self) -> Option<Duration> {
        None
    }

    fn progress(&self, _progress: &Progress) {}

    fn finalize(&self, mut report: Report) {
        let code = exit::code(&report, self.signal_exit_code);
        report.exit_code = code;
        // At the deadline there is little left, and the supervisor ends what takes longer.
        let patience = self.budget.conclusion_until().saturating_sub(report.duration) / 2;
        self.output.conclude(&report, went_well(&report), patience);
        if code != 0 {
            termination_log::write(&report);
        }
        if let Some(Err(why)) = self.file.as_ref().map(|file| file.write(&report)) {
            self.output.tell(Notice::Trouble(why));
        }
        match self.exit_mode {
            ExitMode::Return if report.forced.is_none() => self.hand_over(report, |report| report.wake_waiters()),
            mode => exit::leave(code, mode),
        }
    }

    fn cut_off(&self, mut report: Report, has_begun: bool) {
        report.exit_code = exit::code(&report, self.signal_exit_code);
        if !has_begun {
            self.output.conclude(&report, went_well(&report), Duration::ZERO);
            self.write_in_time(&report);
        }
        if self.exit_mode == ExitMode::Return && report.forced.is_none() {
            // On a thread of its own, because this one must not block; on this one only if the system refuses another.
            return self.hand_over(report, |report| {
                let woken = Arc::clone(&report);
                let thread = thread::Builder::new().name("shutdown-wake".to_owned());
                if thread.spawn(move || woken.wake_waiters()).is_err() {
                    report.wake_waiters();
                }
            });
        }
        exit::now(report.exit_code)
    }

    fn finalize_time(&self, now: Duration) -> Duration {
        let left = self.budget.conclusion_until().saturating_sub(now);
        match self.exit_mode {
            ExitMode::Atexit => left,
            ExitMode::Immediate | ExitMode::Return => left.min(FLUSH_PATIENCE + stderr::PATIENCE + telemetry::PATIENCE),
        }
    }
}

/// Whatever number that has by convention.
fn went_well(report: &Report) -> bool {
    exit::code(report, false) == 0
}
