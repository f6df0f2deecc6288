//! What signals and requests change that come after the trigger.

use std::time::Duration;

use super::{Event, HookState, ShutdownState, Step};
use crate::report::OwnEnd;
use crate::hook::context::FAST_TIMEOUT;
use crate::trigger::{Escalation, Note, Signal, Trigger, escalate};

impl ShutdownState {
    /// Takes a signal or request that came during the shutdown, or while its end is written.
    pub(crate) fn note(&mut self, now: Duration, note: Note) {
        self.own_end = self.own_end.or_else(|| own_end(&note));
        if let Note::Trigger(trigger) = &note {
            self.history.note(now, trigger);
        }
        match note {
            Note::Trigger(Trigger::Signal { signal, sender }) => {
                match escalate(signal, now, self.escalated, self.escalate_on_any) {
                    Escalation::Same => {}
                    Escalation::SkipDelay => self.serve_until = Duration::ZERO,
                    Escalation::Noted => self.events.push(Event::Noted(Trigger::Signal { signal, sender })),
                    Escalation::Hurry => self.begin_fast(now, signal),
                    Escalation::Force(signal) => self.force(now, signal),
                }
            }
            Note::Trigger(trigger) => {
                if !trigger.still_serves() {
                    self.serve_until = Duration::ZERO;
                }
                self.events.push(Event::Noted(trigger));
            }
            Note::Exit(_) => {}
        }
        self.advance(now);
    }

    fn begin_fast(&mut self, now: Duration, signal: Signal) {
        self.escalated += 1;
        self.serve_until = Duration::ZERO;
        if let Step::Draining { by: Some(by), .. } = &mut self.step {
            *by = now;
        }
        let later = self.plan.groups().filter(|(key, _)| Some(*key) > self.last_opened);
        self.timing.begin_fast(later.map(|(key, group)| (key.0, group.declared)));
        for state in &mut self.hooks {
            if let HookState::Running(running) = state {
                running.time.limit = running.time.limit.min(now + FAST_TIMEOUT);
            }
        }
        self.events.push(Event::Fast(signal));
    }

    fn force(&mut self, now: Duration, signal: Signal) {
        self.forced = Some(signal);
        if !self.is_over() {
            self.step = Step::Over { at: now };
        }
    }
}

/// The end that the program itself chose by this note.
pub(super) fn own_end(note: &Note) -> Option<OwnEnd> {
    match note {
        Note::Exit(code) => Some(OwnEnd::Asked(*code)),
        Note::Trigger(Trigger::MainFailed { .. }) => Some(OwnEnd::MainFailed),
        Note::Trigger(Trigger::MainPanicked { .. }) => Some(OwnEnd::MainPanicked),
        Note::Trigger(_) => None,
    }
}
