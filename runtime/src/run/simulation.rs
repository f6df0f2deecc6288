//! Simulates a shutdown on one thread under a virtual clock, for the tests of users and for our tests of order and
//! time.
//!
//! A tokio runtime with a paused clock polls async hooks. Sync hooks are called between polls. The driver is the driver
//! of production.
//!
//! If the user code of a hook holds the thread for long, this real time is added to the virtual time: see
//! [`counted`]. Meanwhile the other hooks run in virtual time, as they do in production on their own threads.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::driver::{Driver, Next, Task, WakeUp};
use super::hook_future::{CancelHandle, Cancellable, guarded, outcome};
use super::state::{Finish, Program, ShutdownState};
use crate::drain::{Stage, WorkInFlight};
use crate::hook::context::{HookArgs, at_virtual_time, counted};
#[cfg(test)]
use crate::hook::registry::{RemovedBy, TooLateError};
use crate::hook::{Call, HookFuture, HookRef, HookResult, Started, Values};
use crate::plan::{Id, Plan};
use crate::report::{Outcome, Report};
use crate::telemetry::Event;
use crate::trigger::{Message, Trigger};

/// What a hook does instead of its own work, or in addition to it.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The hook does its own work, and then takes this much longer.
    Takes(Duration),
    /// The hook ends with this outcome, and its function is not called.
    Ends(Outcome),
    /// An async hook awaits for ever. A sync hook never returns.
    Hangs,
    /// The hook holds its thread for ever, even if it is async.
    Blocks,
    /// An async hook holds its thread for this long in its first poll, and then awaits for ever.
    #[cfg_attr(not(test), expect(dead_code, reason = "a fault of our own tests"))]
    BlocksFirst(Duration),
    /// An async hook awaits for ever, and the `Drop` of its future never returns.
    #[cfg_attr(not(test), expect(dead_code, reason = "a fault of our own tests"))]
    HangsInDrop,
}

/// Work in flight that the test sets. The work in flight of the process is not used.
#[derive(Default)]
pub(super) struct SimulatedWork(AtomicUsize);

impl Program for SimulatedWork {
    fn enter_stage(&self, _stage: Stage) {}

    fn wake_waiters(&self, _stage: Stage) {}

    fn has_waiters(&self, _stage: Stage) -> bool {
        false
    }

    fn count_work(&self) -> usize {
        // Relaxed: only one thread uses it.
        self.0.load(Ordering::Relaxed)
    }

    fn list_work(&self) -> Vec<WorkInFlight> {
        let (file, line) = (file!().into(), line!());
        let count = self.count_work();
        let work = WorkInFlight { name: "test".into(), count, oldest: Duration::ZERO, file, line };
        (count > 0).then_some(work).into_iter().collect()
    }

    fn since_last_new_work(&self) -> Option<Duration> {
        None
    }
}

/// A simulated shutdown.
pub(crate) struct Simulation {
    driver: Driver,
    runtime: Runtime,
    values: Arc<dyn Values + Send + Sync>,
    work: Arc<SimulatedWork>,
    trigger: Arc<Trigger>,
    /// The trigger's instant, by the virtual clock.
    began: Instant,
    now: Duration,
    faults: HashMap<Id, Fault>,
    /// The async hooks that run.
    futures: JoinSet<(Id, Finish)>,
    /// The hooks that hold their thread in their first poll, and until when.
    in_first_poll: Vec<(Duration, Id)>,
    /// The events so far.
    events: Vec<(Duration, Event)>,
}

/// Why time stopped passing.
enum Woken {
    Ended(Id, Finish),
    TimePassed,
}

impl Simulation {
    /// Starts the shutdown. Everything that takes no time has happened when this returns.
    pub(crate) fn begin(
        plan: Plan,
        escalate_on_any: bool,
        values: Arc<dyn Values + Send + Sync>,
        faults: HashMap<Id, Fault>,
        (first, in_flight): (Message, usize),
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let began = runtime.block_on(async { tokio::time::Instant::now().into_std() });
        let work = Arc::new(SimulatedWork(AtomicUsize::new(in_flight)));
        let mut driver = Driver::new(ShutdownState::new(plan, Arc::clone(&work) as Arc<dyn Program>, escalate_on_any));
        let trigger = Arc::new(driver.begin(first));
        let mut simulation = Self {
            driver,
            runtime,
            values,
            work,
            trigger,
            began,
            now: Duration::ZERO,
            faults,
            futures: JoinSet::new(),
            in_first_poll: Vec::new(),
            events: Vec::new(),
        };
        simulation.settle();
        Ok(simulation)
    }

    /// Lets time pass until the shutdown is over, or until this time.
    pub(crate) fn play(&mut self, until: Option<Duration>) {
        let end = until.unwrap_or(Duration::MAX);
        while !self.is_over() && self.now < end {
            let polled = self.in_first_poll.iter().map(|(until, _)| *until).min().unwrap_or(Duration::MAX);
            let wake = self.driver.next_expiry(self.now).min(polled);
            // At least a millisecond, so that a hook that is due and cannot end does not stop the clock.
            let woken = self.wait(wake.max(self.now + Duration::from_millis(1)).min(end));
            self.now = self.virtual_now();
            let mut ended = match woken {
                Woken::Ended(id, finish) => Some((id, finish)),
                Woken::TimePassed => None,
            };
            // Repeats until nothing more happens at this moment: a hook that ends may start and cancel others.
            loop {
                while let Some((id, finish)) = ended.take().or_else(|| self.also_ended()) {
                    self.driver.finish(id, self.now, finish, 0);
                }
                self.end_first_polls();
                self.look();
                ended = self.also_ended();
                if ended.is_none() {
                    break;
                }
            }
        }
    }

    /// Delivers a signal or a request now.
    pub(crate) fn receive(&mut self, message: Message) {
        self.driver.receive(self.now, message);
        self.settle();
    }

    /// Sets the amount of work in flight from now on.
    pub(crate) fn set_in_flight(&mut self, count: usize) {
        let before = self.work.0.swap(count, Ordering::Relaxed);
        // As in a program: the end of work wakes the supervisor, the beginning of work does not.
        if count < before {
            self.look();
        }
    }

    /// Adds a hook now, with its fault.
    #[cfg(test)]
    pub(crate) fn add(&mut self, hook: &HookRef, after: &[HookRef], fault: Option<Fault>) -> Result<(), TooLateError> {
        self.driver.add(hook.clone(), after, self.now)?;
        let id = self.driver.state().plan().find(hook);
        self.faults.extend(id.zip(fault));
        self.settle();
        Ok(())
    }

    /// Removes a hook now.
    #[cfg(test)]
    pub(crate) fn remove(&mut self, hook: &HookRef, by: RemovedBy) -> bool {
        let is_removed = self.driver.remove(hook, by, self.now);
        self.settle();
        is_removed
    }

    #[cfg(all(test, feature = "systemd"))]
    pub(crate) fn state(&self) -> &ShutdownState {
        self.driver.state()
    }

    #[cfg(test)]
    pub(crate) fn events(&self) -> &[(Duration, Event)] {
        &self.events
    }

    pub(crate) fn is_over(&self) -> bool {
        self.driver.state().is_over()
    }

    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    pub(crate) fn report(&self) -> Report {
        self.driver.state().report(&self.trigger, self.now)
    }

    fn wait(&mut self, until: Duration) -> Woken {
        let Self { runtime, futures, began, .. } = self;
        let wake = tokio::time::Instant::from_std(*began + until);
        runtime.block_on(async {
            tokio::select! {
                biased;
                Some(ended) = futures.join_next() => match ended {
                    Ok((id, finish)) => Woken::Ended(id, finish),
                    // Panics are caught inside, and nothing aborts the tasks.
                    Err(_) => Woken::TimePassed,
                },
                () = tokio::time::sleep_until(wake) => Woken::TimePassed,
            }
        })
    }

    /// Counts one more hook that has ended at this moment.
    fn also_ended(&mut self) -> Option<(Id, Finish)> {
        let Self { runtime, futures, .. } = self;
        runtime.block_on(async {
            // Yields twice: once for the hook that was woken, once for the set that contains it.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            futures.try_join_next()?.ok()
        })
    }

    fn virtual_now(&self) -> Duration {
        let now = self.runtime.block_on(async { tokio::time::Instant::now().into_std() });
        now.saturating_duration_since(self.began)
    }

    /// Does what the supervisor does when it wakes.
    fn look(&mut self) {
        self.driver.expire(self.now, self.now);
        self.settle();
    }

    /// Runs everything that takes no time.
    fn settle(&mut self) {
        loop {
            let (now, next) = (self.now, self.driver.next(self.now));
            let (cancels, events) = self.driver.take_effects(now);
            cancels.iter().for_each(|cancel| cancel.cancel());
            let is_quiet = cancels.is_empty() && events.is_empty();
            self.events.extend(events.into_iter().map(|event| (now, event)));
            match next {
                // Stages belong to the process. A simulation does not change them.
                Next::Wake(WakeUp::Stage(..)) => {}
                Next::Wake(fast @ WakeUp::Fast(_)) => fast.run(),
                Next::Run(task) => self.run(task),
                Next::Nothing | Next::Over if is_quiet => break,
                Next::Nothing | Next::Over => {}
            }
        }
    }

    fn run(&mut self, Task { id, hook, limit }: Task) {
        // A simulation does not wait for a subscriber.
        let limit = self.driver.restart_clock(id, self.now).unwrap_or(limit);
        match self.faults.get(&id).cloned() {
            Some(Fault::Ends(outcome)) => self.finish(id, Finish::Ended(outcome)),
            Some(Fault::Blocks) => {}
            // For a sync hook, the future stands for a thread that never returns.
            Some(Fault::Hangs) => self.spawn(id, Box::pin(std::future::pending())),
            Some(Fault::BlocksFirst(length)) => self.in_first_poll.push((self.now + length, id)),
            // A future that is cancelled and whose drop does not return.
            Some(Fault::HangsInDrop) => self.watch(id, &Arc::new(CancelHandle::new(self.began))),
            Some(Fault::Takes(length)) => self.call(id, &hook, limit, length),
            None => self.call(id, &hook, limit, Duration::ZERO),
        }
    }

    fn finish(&mut self, id: Id, finish: Finish) {
        self.driver.finish(id, self.now, finish, 0);
    }

    /// Calls the hook's function now. Lets the hook end `longer` after its own time.
    fn call(&mut self, id: Id, hook: &HookRef, limit: Duration, longer: Duration) {
        let (started, held) = self.enter(hook, limit);
        let longer = longer.saturating_add(held);
        match started {
            Ok(Started::Pending(future)) => self.spawn(id, Box::pin(with_real_time(future, longer))),
            Ok(Started::Ended(result)) => self.finish_later(id, Finish::Ended(outcome(result)), longer),
            Err(finish) => self.finish_later(id, finish, longer),
        }
    }

    fn finish_later(&mut self, id: Id, finish: Finish, length: Duration) {
        if length.is_zero() {
            return self.finish(id, finish);
        }
        let late = async move {
            tokio::time::sleep(length).await;
            (id, finish)
        };
        self.futures.spawn_on(late, self.runtime.handle());
    }

    /// Lets the hooks whose first poll returns now await for ever.
    fn end_first_polls(&mut self) {
        let now = self.now;
        let (ended, others) = std::mem::take(&mut self.in_first_poll).into_iter().partition(|(until, _)| *until <= now);
        self.in_first_poll = others;
        let ended: Vec<(Duration, Id)> = ended;
        ended.into_iter().for_each(|(_, id)| self.spawn(id, Box::pin(std::future::pending())));
    }

    fn spawn(&mut self, id: Id, future: HookFuture) {
        let mut future = Cancellable::new(future);
        let cancel = Arc::new(CancelHandle::new(self.began));
        future.cancelled_by(Arc::clone(&cancel));
        self.watch(id, &cancel);
        self.futures.spawn_on(async move { (id, future.await) }, self.runtime.handle());
    }

    fn watch(&mut self, id: Id, cancel: &Arc<CancelHandle>) {
        if self.driver.watch_future(id, Arc::clone(cancel)) {
            cancel.cancel();
        }
    }

    /// Calls the hook's function. Returns how long the call held its thread, if that counts.
    fn enter(&self, hook: &HookRef, limit: Duration) -> (Result<Started, Finish>, Duration) {
        let args = HookArgs {
            values: &*self.values,
            trigger: &self.trigger,
            fast: self.driver.fast(),
            began: self.began,
            phase: hook.phase,
            limit,
        };
        let call = Call::new(&args);
        // An async function may need a runtime already when it makes its future, and a sync one when it drops a value.
        let entered = self.runtime.enter();
        let result = at_virtual_time(self.began + self.now, || guarded(|| hook.body.start(&call)));
        drop(entered);
        result
    }
}

/// Waits, and then runs the future. Each poll that holds the thread for long takes as much virtual time.
async fn with_real_time(mut future: HookFuture, wait: Duration) -> HookResult {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    loop {
        let mut held = Duration::ZERO;
        let polled = poll_fn(|context| {
            let called = Instant::now();
            let polled = future.as_mut().poll(context);
            held = counted(called.elapsed());
            match polled {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                // Time must pass before the next poll.
                Poll::Pending if !held.is_zero() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        });
        let result = polled.await;
        if !held.is_zero() {
            tokio::time::sleep(held).await;
        }
        if let Some(result) = result {
            return result;
        }
    }
}
