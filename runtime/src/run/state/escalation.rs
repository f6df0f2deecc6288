//! Decides what a repeated signal does, and applies the signals and requests that come after the trigger.

use std::time::Duration;

use super::{Effect, HookState, ShutdownState, Step};
use crate::hook::context::FAST_TIMEOUT;
use crate::report::ProgramExit;
use crate::telemetry::Event;
use crate::trigger::{Message, Signal, Trigger};

/// The effect of a signal that arrives during a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escalation {
    /// Does nothing: the signal belongs to the first request.
    SameRequest,
    /// Ends the drain delay now: a person does not wait for gateways.
    SkipDelay,
    /// Records the signal in the report and changes nothing else.
    LogOnly,
    /// Makes the shutdown fast: no delay, no waiting for work in flight, short deadlines.
    Fast,
    /// Ends the process at once with 128 + the number of the signal.
    Force(Signal),
}

/// Signals that arrive within this time after the first belong to the same request. Under docker, a program often gets
/// SIGTERM twice.
pub(crate) const SAME_REQUEST_WINDOW: Duration = Duration::from_secs(1);

/// Decides the effect of a signal that arrives `since` after the trigger, after `escalations` earlier ones.
///
/// Only SIGINT escalates, unless `escalate_on_any` is set.
fn escalate(signal: Signal, since: Duration, escalations: u32, escalate_on_any: bool) -> Escalation {
    let is_interactive = signal == Signal::SIGINT;
    match (since < SAME_REQUEST_WINDOW, is_interactive || escalate_on_any, escalations) {
        // A launcher and the terminal may both send SIGINT for one Ctrl-C, so the first second never escalates.
        (true, _, _) if is_interactive => Escalation::SkipDelay,
        (true, _, _) => Escalation::SameRequest,
        (false, false, _) => Escalation::LogOnly,
        (false, true, 0) => Escalation::Fast,
        (false, true, _) => Escalation::Force(signal),
    }
}

impl ShutdownState {
    /// Takes a signal or request that came during the shutdown, or while the report is written.
    pub(crate) fn receive(&mut self, now: Duration, message: Message) {
        // Expected from the trigger on: the task has requested the shutdown, or ends because of it.
        if matches!(message, Message::Trigger(Trigger::TaskEnded { .. })) {
            return;
        }
        // The first one stays: it is the reason why the program ends.
        self.program_exit = self.program_exit.or_else(|| program_exit(&message));
        if let Message::Trigger(trigger) = &message {
            self.history.record_trigger(now, trigger);
        }
        match message {
            Message::Trigger(Trigger::Signal { signal, sender }) => {
                match escalate(signal, now, self.escalated, self.escalate_on_any) {
                    Escalation::SameRequest => {}
                    Escalation::SkipDelay => self.serve_until = Duration::ZERO,
                    Escalation::LogOnly => self.emit(Event::LaterTrigger(Trigger::Signal { signal, sender })),
                    Escalation::Fast => self.begin_fast(now, signal),
                    Escalation::Force(signal) => self.force(now, signal),
                }
            }
            Message::Trigger(trigger) => {
                if !trigger.allows_drain_delay() {
                    self.serve_until = Duration::ZERO;
                }
                self.emit(Event::LaterTrigger(trigger));
            }
            Message::Exit(_) => {}
        }
        self.advance(now);
    }

    fn begin_fast(&mut self, now: Duration, signal: Signal) {
        self.escalated += 1;
        self.serve_until = Duration::ZERO;
        if let Step::Draining { by: Some(by), .. } = &mut self.step {
            *by = now;
        }
        // Groups that were opened have their time. Their running hooks are shortened below.
        let later = self.plan.groups().filter(|(key, _)| Some(*key) > self.last_opened);
        self.timing.begin_fast(later.map(|(key, group)| (key.0, group.declared)));
        for state in &mut self.hooks {
            if let HookState::Running(running) = state {
                // From now on, not from the hook's start: a hook that has run for longer gets time to end.
                running.time.limit = running.time.limit.min(now + FAST_TIMEOUT);
            }
        }
        self.effects.push(Effect::BeginFast);
        self.emit(Event::FastShutdown(signal));
    }

    fn force(&mut self, now: Duration, signal: Signal) {
        self.forced = Some(signal);
        // If the report is being written, only the exit code changes.
        if !self.is_over() {
            self.cut_short(now);
        }
    }
}

/// Returns the exit that the program itself asked for by this message.
pub(super) fn program_exit(message: &Message) -> Option<ProgramExit> {
    match message {
        Message::Exit(code) => Some(ProgramExit::Requested(*code)),
        Message::Trigger(Trigger::MainFailed { .. }) => Some(ProgramExit::MainFailed),
        Message::Trigger(Trigger::MainPanicked { .. }) => Some(ProgramExit::MainPanicked),
        Message::Trigger(Trigger::TaskFailed { .. } | Trigger::TaskEnded { .. }) => Some(ProgramExit::TaskFailed),
        Message::Trigger(Trigger::TaskPanicked { .. }) => Some(ProgramExit::TaskPanicked),
        Message::Trigger(Trigger::Signal { .. } | Trigger::Request { .. } | Trigger::MainReturned) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_19_escalation_is_a_table() {
        use Escalation::{Fast, Force, LogOnly, SameRequest, SkipDelay};
        let (term, int, hup) = (Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP);
        let table = [
            (term, 0, 0, false, SameRequest),
            (term, 999, 0, true, SameRequest),
            (hup, 1, 0, false, SameRequest),
            (int, 1, 0, false, SkipDelay),
            (int, 999, 1, true, SkipDelay),
            (term, 1000, 0, false, LogOnly),
            (term, 1000, 5, false, LogOnly),
            (term, 1000, 0, true, Fast),
            (term, 1500, 1, true, Force(term)),
            (hup, 1500, 1, true, Force(hup)),
            (int, 1000, 0, false, Fast),
            (int, 1000, 1, false, Force(int)),
            (int, 9000, 7, false, Force(int)),
        ];
        for (signal, millis, counted, on_any, expected) in table {
            let found = escalate(signal, Duration::from_millis(millis), counted, on_any);
            assert_eq!(found, expected, "{signal} after {millis} ms, {counted} counted, on_any {on_any}");
        }
    }
}
