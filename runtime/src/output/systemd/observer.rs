//! A run's events in, passed on to the reporter and told to systemd out.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sd_notify::NotifyState;

use super::messages;
use super::socket::{Channel, speaks_for_service};
use crate::drain::WorkInFlight;
use crate::hook::{Hook, Phase};
use crate::report::Report;
use crate::run::{Event, Observer, Progress, RunningHook, StuckHook};
use crate::telemetry::HookSpan;
use crate::telemetry::stderr;
use crate::trigger::Trigger;

/// How often it is looked whether there was progress: less than the shortest `TimeoutStopSec` that anybody writes.
const LOOK: Duration = Duration::from_millis(200);

/// The reporter, and systemd beside it.
pub(super) struct Notifying {
    reporter: Arc<dyn Observer>,
    channel: &'static Channel,
    grace_period: Duration,
    told: Mutex<Told>,
}

/// What systemd knows by now.
#[derive(Default)]
struct Told {
    /// Whether there is nothing more to tell: this is not the service, or its report was told.
    silent: bool,
    stopping: bool,
    phase: Option<Phase>,
    status: String,
    progress: usize,
    /// The first message that could not be sent.
    refused: Option<Complaint>,
}

/// Told to the reporter by who may take time for it.
struct Complaint {
    error: io::Error,
    made: bool,
}

impl Notifying {
    pub(super) fn new(reporter: Arc<dyn Observer>, channel: &'static Channel, grace_period: Duration) -> Self {
        Self { reporter, channel, grace_period, told: Mutex::default() }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That the shutdown has begun, before all else.
    fn begin(&self) {
        let mut told = self.told();
        told.silent = !speaks_for_service();
        self.say(&mut told, None, None);
    }

    fn look(&self, progress: &Progress) {
        self.complain();
        let mut told = self.told();
        // A phase that began meanwhile makes old news of it.
        let status = messages::waiting(progress).filter(|_| told.phase <= Some(progress.phase));
        let extension = messages::extension(progress, self.grace_period);
        let progress = (progress.count > told.progress).then_some((progress.count, extension));
        self.say(&mut told, status, progress);
    }

    /// Says what is new. What could not be said is new the next time.
    fn say(&self, told: &mut Told, status: Option<String>, progress: Option<(usize, Duration)>) {
        let status = status.map(|status| messages::one_line(&status)).filter(|status| *status != told.status);
        let stopping = (!told.stopping).then_some(NotifyState::Stopping);
        let shown = status.as_deref().map(NotifyState::Status);
        let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let extended = progress.map(|(_, time)| NotifyState::ExtendTimeoutUsec(micros(time)));
        let states: Vec<NotifyState<'_>> = [stopping, shown, extended].into_iter().flatten().collect();
        if states.is_empty() || told.silent {
            return;
        }
        match self.channel.say(&states) {
            Ok(()) => {
                told.stopping = true;
                told.progress = progress.map_or(told.progress, |(progress, _)| progress);
                told.status = status.unwrap_or_else(|| std::mem::take(&mut told.status));
            }
            Err(error) => {
                told.refused.get_or_insert(Complaint { error, made: false });
            }
        }
    }

    /// Tells the reporter once that systemd could not be told something.
    fn complain(&self) {
        let mut told = self.told();
        let Some(complaint) = told.refused.as_mut().filter(|complaint| !complaint.made) else { return };
        complaint.made = true;
        let line = format!("systemd could not be told of the shutdown: {}", complaint.error);
        drop(told);
        stderr::line(line);
    }

    fn end(&self, told: &mut Told, report: &Report) {
        self.say(told, Some(report.headline()), None);
        // Somebody may have looked before the end, and want to tell it after.
        told.silent = true;
    }
}

impl Observer for Notifying {
    fn triggered(&self) {
        self.begin();
        self.reporter.triggered();
    }

    fn began(&self, trigger: &Trigger, hooks: usize) {
        self.reporter.began(trigger, hooks);
    }

    fn span(&self, hook: &Hook) -> HookSpan {
        self.reporter.span(hook)
    }

    fn phase_began(&self, phase: Phase, hooks: usize) {
        let mut told = self.told();
        told.phase = Some(phase);
        self.say(&mut told, Some(messages::beginning(phase, hooks)), None);
        drop(told);
        self.reporter.phase_began(phase, hooks);
    }

    fn event(&self, event: &Event, hook: Option<&StuckHook>) {
        self.reporter.event(event, hook);
    }

    fn still_running(&self, hooks: &[RunningHook], work: &[WorkInFlight]) {
        self.reporter.still_running(hooks, work);
    }

    fn progress_interval(&self) -> Option<Duration> {
        Some(LOOK)
    }

    fn progress(&self, progress: &Progress) {
        self.look(progress);
        self.reporter.progress(progress);
    }

    fn finalize(&self, report: Report) {
        self.end(&mut self.told(), &report);
        self.complain();
        self.reporter.finalize(report);
    }

    fn cut_off(&self, report: Report, has_begun: bool) {
        // Whoever holds the lock is not waited for.
        if let Some(mut known) = self.told.try_lock().ok().filter(|_| !has_begun) {
            self.end(&mut known, &report);
        }
        self.reporter.cut_off(report, has_begun);
    }

    fn finalize_time(&self, now: Duration) -> Duration {
        self.reporter.finalize_time(now)
    }
}
