//! What the report tells besides the hooks: when draining began, what was in flight, what came after the trigger.

use std::time::Duration;

use crate::report::{InFlightSeen, Noted, Report};
use crate::trigger::Trigger;

/// More changes of the number of work in flight than this are not kept, but for the last one.
const MOST_SEEN: usize = 1000;

#[derive(Default)]
pub(super) struct History {
    pub(super) draining: Option<Duration>,
    pub(super) in_flight_seen: Vec<InFlightSeen>,
    pub(super) noted: Vec<Noted>,
}

impl History {
    pub(super) fn see(&mut self, at: Duration, count: usize) {
        if self.in_flight_seen.last().is_some_and(|last| last.count == count) {
            return;
        }
        if self.in_flight_seen.len() == MOST_SEEN {
            self.in_flight_seen.pop();
        }
        self.in_flight_seen.push(InFlightSeen { at, count });
    }

    pub(super) fn note(&mut self, at: Duration, trigger: &Trigger) {
        if self.noted.len() < Report::MOST_NOTED {
            self.noted.push(Noted { at, trigger: trigger.clone() });
        }
    }
}
