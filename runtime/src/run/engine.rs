//! What runners and supervisor share: the machine behind its lock, the clock, and the threads there are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::cancel::Cancel;
use super::context::Hurry;
use super::crew::Conclusion;
use super::culprit::Seat;
use super::hook_runtime::HookRuntime;
use super::machine::{Event, Finish, Machine};
use super::runner;
use super::surroundings::{Surroundings, Suspected};
use crate::drain::Stage;
use crate::hook::{HookRef, Values};
use crate::plan::{Id, Plan};
use crate::registry::{Enrol, TooLate};
use crate::report::Report;
use crate::trigger::{Mailbox, Note, Trigger};

/// Work in flight is counted this often even if nobody says that some has ended.
const RECOUNT: Duration = Duration::from_millis(20);
/// How long the hooks of a group wait behind one that holds its thread, before another thread takes them.
pub(super) const TAKEOVER: Duration = Duration::from_millis(1);

pub(crate) struct Engine {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) values: Arc<dyn Values + Send + Sync>,
    pub(super) surroundings: Arc<dyn Surroundings>,
    pub(super) hurry: Arc<Hurry>,
    began: OnceLock<Began>,
    shared: Mutex<Shared>,
    pub(super) work: Condvar,
    /// Until when the supervisor sleeps, in nanoseconds since the trigger.
    asleep_until: AtomicU64,
    pub(super) conclusion: Conclusion,
}

/// The trigger and its instant.
pub(super) struct Began {
    pub(super) at: Instant,
    pub(super) by_wall_clock: SystemTime,
    pub(super) trigger: Arc<Trigger>,
}

pub(super) struct Shared {
    pub(super) machine: Machine,
    pub(super) runners: usize,
    pub(super) idle: usize,
    pub(super) supervised: bool,
    pub(super) cancels: HashMap<Id, Arc<Cancel>>,
    pub(super) seats: Vec<Arc<Seat>>,
    /// What overdue hooks were doing.
    pub(super) doing: HashMap<Id, String>,
}

/// A hook to run, and until when.
pub(super) struct Task {
    pub(super) id: Id,
    pub(super) hook: HookRef,
    pub(super) limit: Duration,
}

/// What a runner does next.
pub(super) enum Next {
    Run(Task),
    Nothing,
    Over,
}

impl Engine {
    /// Made at install, so that all it needs is there at the trigger.
    pub(crate) fn new(
        machine: Machine,
        mailbox: Arc<Mailbox>,
        values: Arc<dyn Values + Send + Sync>,
        surroundings: Arc<dyn Surroundings>,
    ) -> Arc<Self> {
        let shared = Shared {
            machine,
            runners: 1,
            idle: 0,
            supervised: false,
            cancels: HashMap::new(),
            seats: Vec::new(),
            doing: HashMap::new(),
        };
        Arc::new(Self {
            mailbox,
            values,
            surroundings,
            hurry: Arc::default(),
            began: OnceLock::new(),
            shared: Mutex::new(shared),
            work: Condvar::new(),
            asleep_until: AtomicU64::new(0),
            conclusion: Conclusion::default(),
        })
    }

    /// Carries out the shutdown whose trigger came just now, with this thread as the first runner.
    pub(crate) fn run(self: &Arc<Self>, notes: impl IntoIterator<Item = Note>, runtime: HookRuntime) {
        let mut notes = notes.into_iter();
        let Some(first) = notes.next() else { return };
        let mut shared = self.lock();
        let at = Instant::now();
        shared.machine.begin(first);
        notes.for_each(|note| shared.machine.note(Duration::ZERO, note));
        let trigger = Arc::new(shared.machine.trigger().clone());
        self.began.get_or_init(|| Began { at, by_wall_clock: SystemTime::now(), trigger });
        drop(shared);
        self.surroundings.reach(Stage::Leaving);
        self.ensure_supervisor();
        self.after_change(self.lock(), Duration::ZERO);
        runner::run(self, runtime);
    }

    /// Says that the hooks are on their way.
    pub(super) fn tell_began(&self) {
        // Not one by one: the first runner waits for the lock.
        let hooks: usize = self.lock().machine.plan().groups().map(|(_, group)| group.members.len()).sum();
        if let Some(began) = self.began() {
            self.surroundings.began(&began.trigger, hooks);
        }
    }

    pub(super) fn began(&self) -> Option<&Began> {
        self.began.get()
    }

    /// What the plan is now, with the hooks made at run time.
    pub(crate) fn plan(&self) -> Plan {
        self.lock().machine.plan().clone()
    }

    /// The time since the trigger.
    pub(crate) fn now(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, |began| began.at.elapsed())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records what came of the last hook and takes the next, in one step.
    pub(super) fn next(&self, finished: Option<(Id, Finish)>) -> Next {
        let now = self.now();
        let mut shared = self.lock();
        if let Some((id, finish)) = finished {
            shared.finish(id, now, finish);
        }
        let next = match shared.machine.take(now) {
            Some((id, hook, limit)) => Next::Run(Task { id, hook, limit }),
            None if shared.machine.is_over() => Next::Over,
            None => Next::Nothing,
        };
        self.after_change(shared, now);
        next
    }

    /// Records what came of a hook.
    pub(super) fn finish(&self, id: Id, finish: Finish) {
        let now = self.now();
        let mut shared = self.lock();
        shared.finish(id, now, finish);
        self.after_change(shared, now);
    }

    /// What a change of the machine asks for: helpers for what is queued, the supervisor for what is due
    /// earlier, words for what happened.
    pub(super) fn after_change(&self, mut shared: MutexGuard<'_, Shared>, now: Duration) {
        let events = shared.machine.take_events();
        // Still under the lock: without it the next phase could be told first, by another thread.
        for event in &events {
            if let Event::PhaseBegan { phase, hooks } = event {
                self.surroundings.phase_began(*phase, *hooks);
            }
        }
        let queued = shared.machine.queued();
        if shared.machine.is_over() {
            self.work.notify_all();
        } else if queued > 0 && shared.idle > 0 {
            self.work.notify_one();
        }
        let due = shared.due(now);
        let told: Vec<_> = events.into_iter().map(|event| (event.suspect(&shared), event)).collect();
        let cancels: Vec<Arc<Cancel>> = told.iter().filter_map(|(_, event)| shared.cancel(event)).collect();
        drop(shared);
        if nanos(due) < self.asleep_until.load(Ordering::SeqCst) {
            self.mailbox.ring();
        }
        cancels.iter().for_each(|cancel| cancel.ask());
        told.iter().for_each(|(suspect, event)| self.tell(suspect.as_ref(), event));
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

    pub(super) fn sleeps_until(&self, wake: Duration) {
        self.asleep_until.store(nanos(wake), Ordering::SeqCst);
    }

    /// The future of this hook waits, and can be cancelled from here on.
    pub(super) fn hold(&self, id: Id, cancel: Arc<Cancel>) {
        self.lock().cancels.insert(id, cancel);
    }

    pub(super) fn is_forced(&self) -> bool {
        self.lock().machine.is_forced()
    }

    pub(super) fn report(&self) -> Report {
        let now = self.now();
        let shared = self.lock();
        let report = shared.machine.report(now, |id| shared.doing.get(&id).cloned());
        let triggered_at = self.began().map_or(SystemTime::UNIX_EPOCH, |began| began.by_wall_clock);
        Report { triggered_at, ..report }
    }
}

impl Shared {
    fn finish(&mut self, id: Id, now: Duration, finish: Finish) {
        self.machine.finish(id, now, finish);
        // Few hooks wait; to hash the others costs a tenth of what they do.
        if !self.cancels.is_empty() {
            self.cancels.remove(&id);
        }
    }

    /// When the supervisor must look next, if nothing changes.
    pub(super) fn due(&self, now: Duration) -> Duration {
        if self.machine.queued() > 0 {
            return now + TAKEOVER;
        }
        let expiry = self.machine.next_expiry();
        if self.machine.awaits_work() { expiry.min(now + RECOUNT) } else { expiry }
    }

    fn cancel(&self, event: &Event) -> Option<Arc<Cancel>> {
        match event {
            Event::Cancel(id) => self.cancels.get(id).cloned(),
            _ => None,
        }
    }
}

impl Event {
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

/// Hooks that come and go at run time.
impl Enrol for Engine {
    fn enrol(&self, hook: HookRef, after: &[HookRef]) -> Result<(), TooLate> {
        let now = self.now();
        let mut shared = self.lock();
        let enrolled = shared.machine.enrol(hook, after, now);
        self.after_change(shared, now);
        enrolled
    }

    fn withdraw(&self, hook: &HookRef) {
        let now = self.now();
        let mut shared = self.lock();
        shared.machine.withdraw(hook, now);
        self.after_change(shared, now);
    }
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
