//! Notifies systemd of the events of a run.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sd_notify::NotifyState;

use super::messages;
use super::socket::{Channel, is_service_process};
use crate::hook::Phase;
use crate::report::Report;
use crate::run::Observer;
use crate::telemetry::log_line::{Level, write_message};
use crate::telemetry::{Event, Progress};

/// Notifies systemd.
pub(super) struct SystemdObserver {
    channel: &'static Channel,
    grace_period: Duration,
    /// Locked while a message is sent, which does not block.
    sent: Mutex<Sent>,
}

/// What systemd knows.
#[derive(Default)]
struct Sent {
    /// Whether to send nothing more: this process is not the service, or the final status was sent.
    is_closed: bool,
    stopping: bool,
    phase: Option<Phase>,
    status: String,
    progress: usize,
    /// The first error of a message.
    failure: Option<SendFailure>,
}

/// An error of a message. It is logged later, on a thread that may take time for it.
struct SendFailure {
    error: io::Error,
    is_logged: bool,
}

impl SystemdObserver {
    pub(super) fn new(channel: &'static Channel, grace_period: Duration) -> Self {
        Self { channel, grace_period, sent: Mutex::default() }
    }

    fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends that the shutdown has begun.
    fn send_stopping(&self) {
        let mut sent = self.sent();
        sent.is_closed = !is_service_process();
        self.send(&mut sent, None, None);
    }

    fn send_phase(&self, phase: Phase, hooks: usize) {
        let mut sent = self.sent();
        sent.phase = Some(phase);
        self.send(&mut sent, Some(messages::phase_status(phase, hooks)), None);
    }

    fn send_progress(&self, progress: &Progress) {
        self.log_failure();
        let mut sent = self.sent();
        // If a later phase has begun in between, this status is out of date.
        let status = messages::waiting_status(progress).filter(|_| sent.phase <= Some(progress.phase));
        let extension = messages::extension(progress, self.grace_period);
        let progress = (progress.count > sent.progress).then_some((progress.count, extension));
        self.send(&mut sent, status, progress);
    }

    /// Sends what has changed since the last message. A change that cannot be sent is part of the next message.
    fn send(&self, sent: &mut Sent, status: Option<String>, progress: Option<(usize, Duration)>) {
        let status = status.map(|status| messages::one_line(&status)).filter(|status| *status != sent.status);
        let stopping = (!sent.stopping).then_some(NotifyState::Stopping);
        let shown = status.as_deref().map(NotifyState::Status);
        // The message type takes `u32`: at most 71 minutes at a time.
        let micros = |time: Duration| u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let extended = progress.map(|(_, time)| NotifyState::ExtendTimeoutUsec(micros(time)));
        let states: Vec<NotifyState<'_>> = [stopping, shown, extended].into_iter().flatten().collect();
        if states.is_empty() || sent.is_closed {
            return;
        }
        match self.channel.send(&states) {
            Ok(()) => {
                sent.stopping = true;
                sent.progress = progress.map_or(sent.progress, |(progress, _)| progress);
                // Kept only after success: a status that was not sent is sent with the next message.
                sent.status = status.unwrap_or_else(|| std::mem::take(&mut sent.status));
            }
            Err(error) => {
                // Only the first error: the later ones have the same cause.
                sent.failure.get_or_insert(SendFailure { error, is_logged: false });
            }
        }
    }

    /// Logs the first error once.
    fn log_failure(&self) {
        let mut sent = self.sent();
        let Some(failure) = sent.failure.as_mut().filter(|failure| !failure.is_logged) else { return };
        // Under the lock, so that two threads do not both log it.
        failure.is_logged = true;
        let line = format!("systemd was not notified of the shutdown: {}", failure.error);
        drop(sent);
        write_message(Level::Warn, line);
    }

    /// Sends the headline of the report, and nothing after it: a progress check may have begun before the end.
    fn send_end(&self, sent: &mut Sent, report: &Report) {
        self.send(sent, Some(report.headline()), None);
        sent.is_closed = true;
    }
}

impl Observer for SystemdObserver {
    fn event(&self, event: &Event) {
        match event {
            Event::Triggered => self.send_stopping(),
            Event::PhaseBegan { phase, hooks } => self.send_phase(*phase, *hooks),
            Event::Progress(progress) => self.send_progress(progress),
            Event::Ended(report) => {
                self.send_end(&mut self.sent(), report);
                self.log_failure();
            }
            // `try_lock`, because this must not block.
            Event::CutOff(report) => {
                self.sent.try_lock().iter_mut().for_each(|sent| self.send_end(sent, report));
            }
            // Lines for the log.
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "observer_tests.rs"]
mod tests;
