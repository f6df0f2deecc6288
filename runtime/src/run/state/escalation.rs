//! Applies the signals and requests that come after the trigger.

use std::time::Duration;

use super::{Effect, HookState, ShutdownState, Step};
use crate::hook::context::FAST_TIMEOUT;
use crate::report::ProgramExit;
use crate::telemetry::Event;
use crate::trigger::{Escalation, Message, Signal, Trigger, escalate};

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
