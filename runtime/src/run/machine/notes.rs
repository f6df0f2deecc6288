//! What comes during the shutdown: signals and requests in, less patience or a note out.

use std::time::Duration;

use super::{Event, Machine, State};
use crate::report::OwnEnd;
use crate::timing::HURRIED_TIMEOUT;
use crate::trigger::{Escalation, Note, Signal, Trigger, escalate};

impl Machine {
    /// A signal or request during the shutdown.
    pub(crate) fn note(&mut self, now: Duration, note: Note) {
        self.own_end = self.own_end.or_else(|| own_end(&note));
        if let Note::Trigger(trigger) = &note {
            self.history.note(now, trigger);
        }
        match note {
            Note::Trigger(Trigger::Signal { signal, sender }) => {
                match escalate(signal, now, self.escalated, self.escalate_on_any) {
                    Escalation::Same => {}
                    Escalation::SkipDelay => self.delay_until = Duration::ZERO,
                    Escalation::Noted => self.events.push(Event::Noted(Trigger::Signal { signal, sender })),
                    Escalation::Hurry => self.hurry(now, signal),
                    Escalation::Force(signal) => (self.forced, self.over) = (Some(signal), Some(now)),
                }
            }
            Note::Trigger(trigger) => {
                if !trigger.still_serves() {
                    self.delay_until = Duration::ZERO;
                }
                self.events.push(Event::Noted(trigger));
            }
            Note::Exit(_) => {}
        }
        self.advance(now);
    }

    fn hurry(&mut self, now: Duration, signal: Signal) {
        self.escalated += 1;
        self.delay_until = Duration::ZERO;
        self.drained_by = self.drained_by.map(|_| now);
        let later = self.plan.groups().filter(|(turn, _)| Some(*turn) > self.turn);
        self.timing.hurry(later.map(|(turn, group)| (turn.0, group.declared)));
        for state in &mut self.states {
            if let State::Running(running) = state {
                running.limit = running.limit.min(now + HURRIED_TIMEOUT);
            }
        }
        self.events.push(Event::Hurry(signal));
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
