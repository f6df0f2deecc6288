//! A change of the machine in; what it asks for out: more threads, an earlier look, words for what happened.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use super::cancel::Cancel;
use super::engine::{Engine, Shared, nanos};
use super::machine::Event;
use super::surroundings::Suspected;
use crate::drain::Stage;

/// How long the end waits for lines that are being written.
const TELLING_PATIENCE: Duration = Duration::from_millis(50);

impl Engine {
    /// What a change of the machine asks for: helpers for what is queued, the supervisor for what is due
    /// earlier, words for what happened.
    pub(super) fn after_change(&self, mut shared: MutexGuard<'_, Shared>, now: Duration) {
        if shared.machine.is_over() {
            self.work.notify_all();
        } else if shared.idle > 0 && shared.machine.queued() > 0 {
            self.work.notify_one();
        }
        let due = shared.due(now);
        let events = shared.machine.take_events();
        // So it is after most hooks.
        if events.is_empty() {
            drop(shared);
            return self.wake_for(due);
        }
        // Still under the lock: without it the next phase could be told first, by another thread.
        for event in &events {
            if let Event::PhaseBegan { phase, hooks } = event {
                self.surroundings.phase_began(*phase, *hooks);
            }
        }
        let told: Vec<_> = events.into_iter().map(|event| (event.suspect(&shared), event)).collect();
        let cancels: Vec<Arc<Cancel>> = told.iter().filter_map(|(_, event)| shared.cancel(event)).collect();
        self.telling.fetch_add(1, Ordering::SeqCst);
        drop(shared);
        self.wake_for(due);
        cancels.iter().for_each(|cancel| cancel.ask());
        told.iter().for_each(|(suspect, event)| self.tell(suspect.as_ref(), event));
        self.telling.fetch_sub(1, Ordering::SeqCst);
    }

    /// Sees to it that the supervisor looks then, or earlier.
    fn wake_for(&self, due: Duration) {
        if nanos(due) < self.asleep_until.load(Ordering::SeqCst) {
            self.mailbox.ring();
        }
    }

    /// Waits until what happened so far is told: a line of the supervisor's must not be overtaken by the end.
    pub(super) fn wait_until_told(&self) {
        let until = Instant::now() + TELLING_PATIENCE;
        while self.telling.load(Ordering::SeqCst) > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn tell(&self, suspect: Option<&Suspected>, event: &Event) {
        match event {
            Event::Draining => {
                self.surroundings.reach(Stage::Draining);
                self.count_work();
            }
            Event::Hurry(_) => self.hurry.begin(self.now()),
            _ => {}
        }
        if event.has_words() {
            self.tell_began();
        }
        self.surroundings.happened(event, suspect);
    }

    /// Tells the machine how much work is in flight, when that matters.
    pub(super) fn count_work(&self) {
        if !self.lock().machine.awaits_work() {
            return;
        }
        let in_flight = self.surroundings.in_flight();
        let now = self.now();
        let mut shared = self.lock();
        shared.machine.count_work(now, in_flight);
        if shared.machine.is_drain_overdue(now) {
            let work = self.surroundings.work();
            shared.machine.cut_off_work(now, work);
        }
        self.after_change(shared, now);
    }
}

impl Shared {
    fn cancel(&self, event: &Event) -> Option<Arc<Cancel>> {
        match event {
            Event::Cancel(id) => self.cancels.get(id).cloned(),
            _ => None,
        }
    }
}

impl Event {
    /// Whether stderr may hear of it.
    fn has_words(&self) -> bool {
        !matches!(self, Self::PhaseBegan { .. } | Self::Cancel(_) | Self::Draining | Self::Ended(_))
    }

    /// The hook that it is about.
    fn suspect(&self, shared: &Shared) -> Option<Suspected> {
        match self {
            Self::TimedOut { id, .. } => {
                let hook = shared.machine.plan().hook(*id)?.clone();
                Some(Suspected { hook, doing: shared.doing.get(id).cloned() })
            }
            _ => None,
        }
    }
}
