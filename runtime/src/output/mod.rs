//! Beside station 9: the events of a run in, words for the person who reads the log and the end of the process out.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::plan::budget::Budget;
use crate::telemetry::stderr;
use crate::drain::{self, Stage, WorkInFlight};
use crate::exit::{self, Armed, Ending, LastResort};
use crate::hook::{Hook, Phase};
use crate::duration_text::Length;
use crate::report::Report;
use crate::report::file::ReportFile;
use crate::run::{Event, Observer, Program, Progress, RunningHook, StuckHook};
use crate::install::settings::Settings;
use crate::telemetry::{self, HookSpan, Named, News, Voice};
use crate::trigger::{Masks, Trigger};

#[cfg(feature = "systemd")]
pub mod systemd;
mod termination_log;

/// How long stdout may take to be flushed; the program may hold its lock for ever.
const FLUSH_PATIENCE: Duration = Duration::from_millis(500);

/// The world around a run: readiness, stderr, and the end of the process.
pub(crate) struct Operator {
    budget: Budget,
    ending: Ending,
    conventional: bool,
    voice: Voice,
    file: Option<Arc<ReportFile>>,
    /// From the trigger on.
    last_resort: OnceLock<Armed>,
    /// Who waits for the report, where the process goes on.
    ended: watch::Sender<Option<Report>>,
}

impl Operator {
    pub(crate) fn new(settings: &Settings, budget: Budget, file: Option<ReportFile>, masks: Masks) -> Self {
        let Settings { ending, conventional, quiet, .. } = *settings;
        Self {
            budget,
            ending,
            conventional,
            voice: Voice::new(quiet, masks),
            file: file.map(Arc::new),
            last_resort: OnceLock::new(),
            ended: watch::Sender::new(None),
        }
    }

    pub(crate) fn arm(&self, last_resort: LastResort) {
        let _ = self.last_resort.set(last_resort.arm(self.budget.last_resort()));
    }

    /// For what is to be told before there is a trigger.
    pub(crate) fn voice(&self) -> &Voice {
        &self.voice
    }

    pub(crate) fn program_goes_on(&self) -> bool {
        self.ending == Ending::Return
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Report>> {
        self.ended.subscribe()
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
                Err(_) => format!("no report in a file: it took longer than {}", Length(stderr::PATIENCE)),
            },
        };
        // Of a file that nobody asked for there is nothing to say.
        if self.file.is_some() {
            self.voice.tell(News::Trouble(trouble));
        }
    }

    fn hand_over(&self, report: Report) {
        self.last_resort.get().into_iter().for_each(Armed::disarm);
        self.ended.send_replace(Some(report));
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

impl Observer for Operator {
    fn triggered(&self) {}

    fn began(&self, trigger: &Trigger, hooks: usize) {
        self.voice.tell(News::Began { trigger: trigger.clone(), hooks, within: self.budget.deadline() });
    }

    fn span(&self, hook: &Hook) -> HookSpan {
        self.voice.span(hook)
    }

    fn phase_began(&self, _phase: Phase, _hooks: usize) {}

    fn event(&self, event: &Event, hook: Option<&StuckHook>) {
        match event {
            Event::Cancel(_) | Event::PhaseBegan { .. } | Event::StageBegan(Stage::Serving | Stage::Leaving) => {}
            Event::StageBegan(Stage::Draining) => {
                self.voice.tell(News::Draining { in_flight: drain::count_in_flight() })
            }
            Event::Ended(hook) => self.voice.tell(News::Ended(hook.clone())),
            Event::TimedOut { after, .. } => {
                if let Some(StuckHook { hook, activity }) = hook {
                    let (hook, doing) = (Named::of(hook), activity.clone());
                    self.voice.tell(News::TimedOut { hook, after: *after, doing });
                }
            }
            Event::WorkCutOff(work) => work.iter().for_each(|work| self.voice.tell(News::CutOff(work.clone()))),
            Event::Noted(trigger) => self.voice.tell(News::Noted(trigger.clone())),
            Event::Fast(signal) => self.voice.tell(News::Hurry(*signal)),
        }
    }

    fn still_running(&self, hooks: &[RunningHook], work: &[WorkInFlight]) {
        for RunningHook { hook, elapsed, remaining, activity } in hooks {
            let (hook, doing) = (Named::of(hook), activity.clone());
            self.voice.tell(News::StillRunning { hook, elapsed: *elapsed, remaining: *remaining, doing });
        }
        work.iter().for_each(|work| self.voice.tell(News::Waiting(work.clone())));
    }

    fn progress_interval(&self) -> Option<Duration> {
        None
    }

    fn progress(&self, _progress: &Progress) {}

    fn finalize(&self, mut report: Report) {
        let code = exit::code(&report, self.conventional);
        report.exit_code = code;
        // At the deadline there is little left, and the supervisor ends what takes longer.
        let patience = self.budget.conclusion_until().saturating_sub(report.duration) / 2;
        self.voice.conclude(&report, went_well(&report), patience);
        if code != 0 {
            termination_log::write(&report);
        }
        if let Some(Err(why)) = self.file.as_ref().map(|file| file.write(&report)) {
            self.voice.tell(News::Trouble(why));
        }
        match self.ending {
            Ending::Return if report.forced.is_none() => self.hand_over(report),
            ending => exit::leave(code, ending),
        }
    }

    fn cut_off(&self, mut report: Report, has_begun: bool) {
        report.exit_code = exit::code(&report, self.conventional);
        if !has_begun {
            self.voice.conclude(&report, went_well(&report), Duration::ZERO);
            self.write_in_time(&report);
        }
        if self.ending == Ending::Return && report.forced.is_none() {
            return self.hand_over(report);
        }
        exit::now(report.exit_code)
    }

    fn finalize_time(&self, now: Duration) -> Duration {
        let left = self.budget.conclusion_until().saturating_sub(now);
        match self.ending {
            Ending::Atexit => left,
            Ending::Immediate | Ending::Return => left.min(FLUSH_PATIENCE + stderr::PATIENCE + telemetry::PATIENCE),
        }
    }
}

/// Whatever number that has by convention.
fn went_well(report: &Report) -> bool {
    exit::code(report, false) == 0
}
