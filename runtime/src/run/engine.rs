//! What runners and supervisor share: the machine behind its lock, the clock, and the threads there are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::cancel::Cancel;
use super::hook_runtime::HookRuntime;
use super::machine::{Event, Finish, Id, Machine};
use super::{runner, supervisor};
use crate::drain::Stage;
use crate::hook::{Body, Hook, Values};
use crate::plan::Plan;
use crate::report::Report;
use crate::trigger::{Mailbox, Trigger};

/// More threads than this run no hooks; what exceeds it shares them.
const MOST_RUNNERS: usize = 512;
/// How long the hooks of a group wait behind one that holds its thread, before another thread takes them.
pub(super) const TAKEOVER: Duration = Duration::from_millis(1);

/// What a run does to the world around it.
pub(crate) trait Surroundings: Send + Sync {
    /// Readiness and draining follow the stages.
    fn reach(&self, stage: Stage);
    /// The hooks are on their way; called on a thread that they do not wait for.
    fn began(&self, trigger: &Trigger, hooks: usize);
    /// Something happened that the operator should know.
    fn happened(&self, plan: &Plan, event: &Event);
    /// These hooks still run.
    fn still_running(&self, hooks: &[StillRunning]);
    /// All is over; called once, on a thread that may block.
    fn conclude(&self, report: Report);
    /// All is over and cannot wait for `conclude`, or that got stuck; must not block. `told` where `conclude` began.
    fn cut_off(&self, report: Report, told: bool);
    /// How long `conclude` may take when all is over now.
    fn conclusion(&self, now: Duration) -> Duration;
}

/// A hook that runs, for the progress line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StillRunning {
    pub(crate) hook: &'static Hook,
    pub(crate) elapsed: Duration,
    pub(crate) remaining: Duration,
}

pub(crate) struct Engine {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) values: Arc<dyn Values + Send + Sync>,
    pub(super) surroundings: Box<dyn Surroundings>,
    plan: Arc<Plan>,
    began: Instant,
    shared: Mutex<Shared>,
    work: Condvar,
    /// Until when the supervisor sleeps, in nanoseconds since the trigger.
    asleep_until: AtomicU64,
    conclusion: AtomicU8,
}

pub(super) struct Shared {
    pub(super) machine: Machine,
    pub(super) runners: usize,
    pub(super) idle: usize,
    pub(super) supervised: bool,
    pub(super) cancels: HashMap<Id, Arc<Cancel>>,
}

/// A hook to run.
#[derive(Clone, Copy)]
pub(super) struct Task {
    pub(super) id: Id,
    pub(super) body: Body,
}

/// What a runner does next.
pub(super) enum Next {
    Run(Task),
    Nothing,
    Over,
}

impl Engine {
    pub(crate) fn new(
        machine: Machine,
        mailbox: Arc<Mailbox>,
        values: Arc<dyn Values + Send + Sync>,
        surroundings: Box<dyn Surroundings>,
    ) -> Arc<Self> {
        let plan = Arc::clone(machine.plan());
        let shared = Shared { machine, runners: 1, idle: 0, supervised: false, cancels: HashMap::new() };
        Arc::new(Self {
            mailbox,
            values,
            surroundings,
            plan,
            began: Instant::now(),
            shared: Mutex::new(shared),
            work: Condvar::new(),
            asleep_until: AtomicU64::new(0),
            conclusion: AtomicU8::new(NOT_CONCLUDED),
        })
    }

    /// Carries out the shutdown whose trigger came just now, with this thread as the first runner.
    pub(crate) fn run(self: &Arc<Self>, runtime: HookRuntime) {
        self.surroundings.reach(Stage::Leaving);
        self.ensure_supervisor();
        self.after_change(self.lock());
        runner::run(self, runtime);
    }

    pub(super) fn began(&self) {
        let trigger = self.lock().machine.trigger().clone();
        self.surroundings.began(&trigger, self.plan.hooks().len());
    }

    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records what came of the last hook and takes the next, in one step.
    pub(super) fn next(&self, finished: Option<(Id, Finish)>) -> Next {
        let now = self.now();
        let mut shared = self.lock();
        if let Some((id, finish)) = finished {
            shared.machine.finish(id, now, finish);
            shared.cancels.remove(&id);
        }
        let next = match shared.machine.take(now) {
            Some(id) => shared.task(id).map_or(Next::Nothing, Next::Run),
            None if shared.machine.is_over() => Next::Over,
            None => Next::Nothing,
        };
        self.after_change(shared);
        next
    }

    /// Records what came of a hook.
    pub(super) fn finish(&self, id: Id, finish: Finish) {
        let now = self.now();
        let mut shared = self.lock();
        shared.machine.finish(id, now, finish);
        shared.cancels.remove(&id);
        self.after_change(shared);
    }

    /// What a change of the machine asks for: helpers for what is queued, the supervisor for what is due
    /// earlier, words for what happened.
    pub(super) fn after_change(&self, mut shared: MutexGuard<'_, Shared>) {
        let events = shared.machine.take_events();
        let queued = shared.machine.queued();
        if shared.machine.is_over() {
            self.work.notify_all();
        } else if queued > 0 && shared.idle > 0 {
            self.work.notify_one();
        }
        let due = if queued > 0 { self.now() + TAKEOVER } else { shared.machine.next_expiry() };
        let cancels: Vec<Arc<Cancel>> = events.iter().filter_map(|event| shared.cancel(event)).collect();
        drop(shared);
        if nanos(due) < self.asleep_until.load(Ordering::SeqCst) {
            self.mailbox.ring();
        }
        cancels.iter().for_each(|cancel| cancel.ask());
        for event in &events {
            if *event == Event::Draining {
                self.surroundings.reach(Stage::Draining);
            }
            self.surroundings.happened(&self.plan, event);
        }
    }

    /// Waits until there may be something to run.
    pub(super) fn wait_for_work(&self) {
        let mut shared = self.lock();
        if shared.machine.queued() == 0 && !shared.machine.is_over() {
            shared.idle += 1;
            shared = self.work.wait(shared).unwrap_or_else(PoisonError::into_inner);
            shared.idle -= 1;
        }
    }

    pub(super) fn sleeps_until(&self, wake: Duration) {
        self.asleep_until.store(nanos(wake), Ordering::SeqCst);
    }

    /// The future of this hook waits, and can be cancelled from here on.
    pub(super) fn hold(&self, id: Id, cancel: Arc<Cancel>) {
        self.lock().cancels.insert(id, cancel);
    }

    /// Sees to it that somebody else takes what is queued; false where nobody can.
    pub(super) fn pass_on(self: &Arc<Self>) -> bool {
        let shared = self.lock();
        if shared.machine.queued() == 0 {
            return true;
        }
        if shared.idle > 0 {
            self.work.notify_one();
            return true;
        }
        drop(shared);
        self.add_runner()
    }

    /// One more thread that runs hooks; false where the system or our own limit refuses.
    pub(super) fn add_runner(self: &Arc<Self>) -> bool {
        let mut shared = self.lock();
        if shared.runners >= MOST_RUNNERS {
            return false;
        }
        shared.runners += 1;
        drop(shared);
        let engine = Arc::clone(self);
        let spawned = thread::Builder::new()
            .name("shutdown-hooks".to_owned())
            .spawn(move || runner::run(&engine, HookRuntime::default()));
        if spawned.is_err() {
            self.lock().runners -= 1;
        }
        spawned.is_ok()
    }

    /// Starts the supervisor where there is none yet; tried again later where the system refuses the thread.
    pub(super) fn ensure_supervisor(self: &Arc<Self>) -> bool {
        if self.lock().supervised {
            return true;
        }
        let engine = Arc::clone(self);
        let spawned =
            thread::Builder::new().name("shutdown-watch".to_owned()).spawn(move || supervisor::run(&engine)).is_ok();
        self.lock().supervised = spawned;
        spawned
    }

    /// The end, once, on the first runner that sees it.
    pub(super) fn conclude(&self) {
        if self.conclusion.swap(CONCLUDING, Ordering::SeqCst) == NOT_CONCLUDED {
            self.surroundings.conclude(self.report());
            self.conclusion.store(CONCLUDED, Ordering::SeqCst);
            self.mailbox.ring();
        }
    }

    /// The end, where nobody can be waited for.
    pub(super) fn cut_off(&self) {
        let told = self.conclusion.swap(CONCLUDED, Ordering::SeqCst) != NOT_CONCLUDED;
        self.surroundings.cut_off(self.report(), told);
    }

    pub(super) fn is_concluded(&self) -> bool {
        self.conclusion.load(Ordering::SeqCst) == CONCLUDED
    }

    pub(super) fn is_forced(&self) -> bool {
        self.lock().machine.is_forced()
    }

    pub(super) fn report(&self) -> Report {
        let now = self.now();
        self.lock().machine.report(now)
    }
}

impl Shared {
    fn task(&self, id: Id) -> Option<Task> {
        self.machine.plan().hooks().get(id).map(|hook| Task { id, body: hook.body })
    }

    fn cancel(&self, event: &Event) -> Option<Arc<Cancel>> {
        match event {
            Event::Cancel(id) => self.cancels.get(id).cloned(),
            _ => None,
        }
    }
}

const NOT_CONCLUDED: u8 = 0;
const CONCLUDING: u8 = 1;
const CONCLUDED: u8 = 2;

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
