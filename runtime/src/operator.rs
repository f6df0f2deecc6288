//! Beside station 9: the events of a run in, words for the person who reads the log and the end of the process out.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use crate::budget::Budget;
use crate::console::{self, PATIENCE};
use crate::drain::{self, Ledger, Stage, WorkInFlight};
use crate::exit::{self, Armed, Ending, LastResort};
use crate::length::Length;
use crate::report::{Canvas, Report};
use crate::report_file::ReportFile;
use crate::run::{Event, StillRunning, Surroundings, Suspected};
use crate::termination_log;
use crate::trigger::Trigger;

/// How long stdout may take to be flushed; the program may hold its lock for ever.
const FLUSH_PATIENCE: Duration = Duration::from_millis(500);

/// The world around a run: readiness, stderr, and the end of the process.
pub(crate) struct Operator {
    budget: Budget,
    ending: Ending,
    conventional: bool,
    /// Asked for at install: the environment belongs to the program, which may hold its lock.
    canvas: Canvas,
    file: Option<Arc<ReportFile>>,
    /// From the trigger on.
    last_resort: OnceLock<Armed>,
    /// Who waits for the report, where the process goes on.
    ended: watch::Sender<Option<Report>>,
}

impl Operator {
    pub(crate) fn new(budget: Budget, ending: Ending, conventional: bool, file: Option<ReportFile>) -> Self {
        let canvas = console::canvas();
        Self {
            budget,
            ending,
            conventional,
            canvas,
            file: file.map(Arc::new),
            last_resort: OnceLock::new(),
            ended: watch::Sender::new(None),
        }
    }

    pub(crate) fn arm(&self, last_resort: LastResort) {
        let _ = self.last_resort.set(last_resort.arm(self.budget.last_resort()));
    }

    pub(crate) fn program_goes_on(&self) -> bool {
        self.ending == Ending::Return
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Report>> {
        self.ended.subscribe()
    }

    /// The file where nothing is waited for: a file system that hangs holds up the end no longer than this.
    fn write_in_time(&self, report: &Report) {
        let Some(file) = self.file.clone() else { return };
        let (report, (tell, told)) = (report.clone(), sync_channel(1));
        let write = move || drop(tell.send(file.write(&report)));
        let writer = thread::Builder::new().name("shutdown-report".to_owned()).spawn(write);
        if writer.is_err() {
            return console::line("no report file: the system refuses a thread to write it");
        }
        match told.recv_timeout(PATIENCE) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => console::line(why),
            Err(_) => console::line(format_args!("no report file: it took longer than {}", Length(PATIENCE))),
        }
    }

    fn hand_over(&self, report: Report) {
        self.last_resort.get().into_iter().for_each(Armed::disarm);
        self.ended.send_replace(Some(report));
    }
}

impl Surroundings for Operator {
    fn reach(&self, stage: Stage) {
        drain::reach(stage);
    }

    fn in_flight(&self) -> usize {
        Ledger::count()
    }

    fn work(&self) -> Vec<WorkInFlight> {
        Ledger::list()
    }

    fn began(&self, trigger: &Trigger, hooks: usize) {
        let (noun, left) = (if hooks == 1 { "hook" } else { "hooks" }, Length(self.budget.deadline()));
        console::line(format_args!("{trigger}; {hooks} {noun} to run within {left}"));
    }

    fn happened(&self, event: &Event, hook: Option<&Suspected>) {
        match event {
            Event::Cancel(_) | Event::Draining => {}
            Event::TimedOut { after, .. } => {
                if let Some(Suspected { hook, doing }) = hook {
                    let (after, doing) = (Length(*after), doing.as_ref().map(|doing| format!(", {doing}")));
                    let (name, file, line) = (&hook.name, hook.file, hook.line);
                    console::line(format_args!(
                        "{name} ({file}:{line}) timed out after {after}{}",
                        doing.unwrap_or_default()
                    ));
                }
            }
            Event::WorkCutOff(work) => {
                work.iter().for_each(|work| console::line(format_args!("not waited for any longer: {work}")));
            }
            Event::Noted(trigger) => console::line(format_args!("{trigger}: noted, the shutdown goes on as it is")),
            Event::Hurry(signal) => console::line(format_args!(
                "{signal} again: no more waiting for work in flight, and short timeouts; once more ends the process"
            )),
        }
    }

    fn still_running(&self, hooks: &[StillRunning], work: &[WorkInFlight]) {
        for StillRunning { hook, elapsed, remaining, doing } in hooks {
            let (elapsed, remaining) = (Length(*elapsed), Length(*remaining));
            let doing = doing.as_ref().map(|doing| format!(": {doing}")).unwrap_or_default();
            console::line(format_args!(
                "{} ({}:{}) still runs after {elapsed}, {remaining} left{doing}",
                hook.name, hook.file, hook.line
            ));
        }
        work.iter().for_each(|work| console::line(format_args!("waiting for {work}")));
    }

    fn conclude(&self, mut report: Report) {
        console::write(&report.on(self.canvas).to_string(), PATIENCE);
        let code = exit::code(&report, self.conventional);
        report.exit_code = code;
        if code != 0 {
            termination_log::write(&report);
        }
        if let Some(Err(why)) = self.file.as_ref().map(|file| file.write(&report)) {
            console::line(why);
        }
        match self.ending {
            Ending::Return if report.forced.is_none() => self.hand_over(report),
            ending => exit::leave(code, ending),
        }
    }

    fn cut_off(&self, mut report: Report, told: bool) {
        report.exit_code = exit::code(&report, self.conventional);
        if !told {
            console::write(&report.on(self.canvas).to_string(), Duration::ZERO);
            self.write_in_time(&report);
        }
        if self.ending == Ending::Return && report.forced.is_none() {
            return self.hand_over(report);
        }
        exit::now(report.exit_code)
    }

    fn conclusion(&self, now: Duration) -> Duration {
        let left = self.budget.conclusion_until().saturating_sub(now);
        match self.ending {
            Ending::Atexit => left,
            Ending::Immediate | Ending::Return => left.min(FLUSH_PATIENCE + PATIENCE),
        }
    }
}
