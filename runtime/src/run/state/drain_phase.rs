//! Begins the drain phase, and decides when it ends: when nothing is in flight, or when the work is cut off.

use std::time::Duration;

use super::{Effect, ShutdownState, Step};
use crate::drain::Stage;
use crate::report::CutOff;
use crate::telemetry::Event;

impl ShutdownState {
    /// Begins draining, unless the drain delay is not over.
    pub(super) fn begin_draining(&mut self, now: Duration) -> bool {
        if now < self.serve_until {
            self.step = Step::Serving { waited: true };
            self.record_phase();
            return false;
        }
        self.progress += usize::from(matches!(self.step, Step::Serving { waited: true }));
        self.step = Step::Draining { hooks: None, by: None };
        self.history.draining = Some(now);
        // Now: a signal or the end of `main` sets the end of the delay to zero, also after it.
        self.history.has_delayed = !self.serve_until.is_zero();
        self.timing.begin_draining(now);
        // The order matters: work that is counted from here on began before draining or sees the new stage (see
        // `drain`).
        self.program.enter_stage(Stage::Draining);
        let in_flight = self.count_work(now);
        self.record_phase();
        self.effects.push(Effect::Wake(Stage::Draining));
        self.emit(Event::DrainingBegan { in_flight });
        true
    }

    /// Returns whether the drain phase can end after its hooks: nothing is in flight, or the time for work in flight is
    /// over.
    pub(super) fn is_drained(&mut self, by: Option<Duration>, now: Duration) -> bool {
        let by = by.unwrap_or_else(|| self.timing.drain_deadline(now));
        let in_flight = self.count_work(now);
        if in_flight > 0 && now < by {
            self.step = Step::Draining { hooks: None, by: Some(by) };
            return false;
        }
        if in_flight > 0 {
            self.cut_off_work(now);
        }
        true
    }

    /// Records the work in flight, which is not waited for any longer.
    pub(super) fn cut_off_work(&mut self, now: Duration) {
        self.cut_off = self.program.list_work();
        // All of it may have ended since it was counted.
        if !self.cut_off.is_empty() {
            // A signal or the deadline leaves no time to keep.
            let is_ended = self.timing.is_fast() || self.is_forced() || now >= self.timing.usable();
            let max_drain_time = self.timing.exceeded_drain_time(now).filter(|_| !is_ended);
            let is_kept = !is_ended && max_drain_time.is_none();
            let kept_for = if is_kept { self.plan.kept_time(self.last_opened) } else { Vec::new() };
            let (connections, more_connections) = (Vec::new(), 0);
            self.history.cut_off = Some(CutOff { at: now, max_drain_time, kept_for, connections, more_connections });
            self.effects.extend(self.cut_off.iter().cloned().map(Event::WorkCutOff).map(Effect::Emit));
        }
    }
}
