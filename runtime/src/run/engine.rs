//! What runners and supervisor share: the machine behind its lock, the clock, and the threads there are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::cancel::Cancel;
use super::context::Hurry;
use super::crew::{Conclusion, Standby};
use super::culprit::Seat;
use super::hook_runtime::HookRuntime;
use super::machine::{Finish, Machine};
use super::runner;
use super::surroundings::Surroundings;
use crate::drain::Stage;
use crate::hook::{HookRef, Values};
use crate::plan::{Id, Plan};
use crate::registry::{HookSink, TooLate};
use crate::report::Report;
use crate::telemetry::TELLS_ENDS;
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
    told_began: AtomicBool,
    shared: Mutex<Shared>,
    pub(super) work: Condvar,
    /// Until when the supervisor sleeps, in nanoseconds since the trigger.
    pub(super) asleep_until: AtomicU64,
    /// How many threads are telling what happened; the end waits for their lines.
    pub(super) telling: AtomicUsize,
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
        let shared =
            Shared { machine, runners: 1, idle: 0, cancels: HashMap::new(), seats: Vec::new(), doing: HashMap::new() };
        Arc::new(Self {
            mailbox,
            values,
            surroundings,
            hurry: Arc::default(),
            began: OnceLock::new(),
            told_began: AtomicBool::new(false),
            shared: Mutex::new(shared),
            work: Condvar::new(),
            asleep_until: AtomicU64::new(0),
            telling: AtomicUsize::new(0),
            conclusion: Conclusion::default(),
        })
    }

    /// Carries out the shutdown whose trigger came just now, with this thread as the first runner.
    pub(crate) fn run(
        self: &Arc<Self>,
        notes: impl IntoIterator<Item = Note>,
        (runtime, supervisor): (HookRuntime, Standby),
    ) {
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
        self.sleeps_until(TAKEOVER);
        supervisor.call(self);
        if TELLS_ENDS {
            // The spans around the first hooks wait until a listener has answered this.
            self.tell_began();
        }
        self.after_change(self.lock(), Duration::ZERO);
        runner::run(self, runtime, None);
    }

    /// Says that the hooks are on their way, before anything else is said.
    pub(super) fn tell_began(&self) {
        if self.told_began.load(Ordering::SeqCst) {
            return;
        }
        self.telling.fetch_add(1, Ordering::SeqCst);
        if !self.told_began.swap(true, Ordering::SeqCst) {
            self.say_began();
        }
        self.telling.fetch_sub(1, Ordering::SeqCst);
    }

    fn say_began(&self) {
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
}

/// Hooks that come and go at run time.
impl HookSink for Engine {
    fn add(&self, hook: HookRef, after: &[HookRef]) -> Result<(), TooLate> {
        let now = self.now();
        let mut shared = self.lock();
        let enrolled = shared.machine.enrol(hook, after, now);
        self.after_change(shared, now);
        enrolled
    }

    fn remove(&self, hook: &HookRef) {
        let now = self.now();
        let mut shared = self.lock();
        shared.machine.withdraw(hook, now);
        self.after_change(shared, now);
    }
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
