//! A machine, the user's hooks and a virtual clock in; the same report out, without a signal and without waiting.
//!
//! One thread does it all: async hooks are polled by a tokio runtime whose clock is paused, sync hooks are called in
//! between. The machine is the one that runs in production.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::cancel::{Cancel, Cancellable, guarded, outcome};
use super::context::{Given, Hurry, at_virtual_time};
use super::machine::{Event, Finish, Machine};
use crate::drain::WorkInFlight;
use crate::hook::{Body, Call, Entered, HookFuture, HookRef, Values};
use crate::plan::Id;
use crate::report::{Outcome, Report};
use crate::trigger::{Note, Trigger};

/// What a hook does instead of its own work.
#[derive(Clone, Debug)]
pub(crate) enum Instead {
    /// Its own work, and then so much time.
    Late(Duration),
    /// It ends so.
    Ends(Outcome),
    /// An async one awaits for ever; a sync one never returns.
    Hangs,
    /// It holds its thread for ever, also an async one.
    Blocks,
}

/// A shutdown that is played.
pub(crate) struct Rehearsal {
    machine: Machine,
    runtime: Runtime,
    values: Arc<dyn Values + Send + Sync>,
    trigger: Arc<Trigger>,
    hurry: Arc<Hurry>,
    began: Instant,
    now: Duration,
    instead: HashMap<Id, Instead>,
    /// Async hooks that run.
    futures: JoinSet<(Id, Finish)>,
    cancels: HashMap<Id, Arc<Cancel>>,
    in_flight: usize,
}

/// What has happened while time passed.
enum Happened {
    Ended(Id, Finish),
    TimePassed,
}

impl Rehearsal {
    pub(crate) fn begin(
        mut machine: Machine,
        values: Arc<dyn Values + Send + Sync>,
        instead: HashMap<Id, Instead>,
        (first, in_flight): (Note, usize),
    ) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().start_paused(true).build()?;
        let began = runtime.block_on(async { tokio::time::Instant::now().into_std() });
        machine.begin(first);
        let trigger = Arc::new(machine.trigger().clone());
        let mut rehearsal = Self {
            machine,
            runtime,
            values,
            trigger,
            hurry: Arc::default(),
            began,
            now: Duration::ZERO,
            instead,
            futures: JoinSet::new(),
            cancels: HashMap::new(),
            in_flight,
        };
        rehearsal.settle();
        Ok(rehearsal)
    }

    /// Lets time pass until all is over, or until then.
    pub(crate) fn play(&mut self, until: Option<Duration>) {
        let end = until.unwrap_or(Duration::MAX);
        while !self.is_over() && self.now < end {
            let wake = self.machine.next_expiry().max(self.now + Duration::from_millis(1)).min(end);
            let happened = self.wait(wake);
            self.now = self.virtual_now();
            if let Happened::Ended(id, finish) = happened {
                self.cancels.remove(&id);
                self.machine.finish(id, self.now, finish);
            }
            self.expire();
            self.settle();
        }
    }

    pub(crate) fn note(&mut self, note: Note) {
        self.machine.note(self.now, note);
        self.settle();
    }

    pub(crate) fn set_in_flight(&mut self, count: usize) {
        self.in_flight = count;
        self.settle();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.machine.is_over()
    }

    pub(crate) fn now(&self) -> Duration {
        self.now
    }

    pub(crate) fn report(&self) -> Report {
        self.machine.report(self.now, |_| None)
    }

    fn wait(&mut self, until: Duration) -> Happened {
        let Self { runtime, futures, began, .. } = self;
        let wake = tokio::time::Instant::from_std(*began + until);
        runtime.block_on(async {
            tokio::select! {
                biased;
                Some(ended) = futures.join_next() => match ended {
                    Ok((id, finish)) => Happened::Ended(id, finish),
                    // Panics are caught inside, and nobody aborts.
                    Err(_) => Happened::TimePassed,
                },
                () = tokio::time::sleep_until(wake) => Happened::TimePassed,
            }
        })
    }

    fn virtual_now(&self) -> Duration {
        let now = self.runtime.block_on(async { tokio::time::Instant::now().into_std() });
        now.saturating_duration_since(self.began)
    }

    fn expire(&mut self) {
        let cancels = &self.cancels;
        self.machine.expire(self.now, |id| !cancels.contains_key(&id));
    }

    /// Does all that takes no time.
    fn settle(&mut self) {
        loop {
            let events = self.machine.take_events();
            let mut busy = !events.is_empty();
            events.into_iter().for_each(|event| self.happen(&event));
            busy |= self.count_work();
            while let Some((id, hook, limit)) = self.machine.take(self.now) {
                busy = true;
                self.run(id, &hook, limit);
            }
            if !busy {
                return;
            }
        }
    }

    fn happen(&mut self, event: &Event) {
        match event {
            Event::Cancel(id) => self.cancels.get(id).into_iter().for_each(|cancel| cancel.ask()),
            Event::Hurry(_) => self.hurry.begin(self.now),
            _ => {}
        }
    }

    /// Whether the drain phase ended by it.
    fn count_work(&mut self) -> bool {
        if !self.machine.awaits_work() {
            return false;
        }
        self.machine.count_work(self.now, self.in_flight);
        if self.machine.is_drain_overdue(self.now) {
            let (file, line) = (file!().into(), line!());
            let work = WorkInFlight { name: "test".into(), count: self.in_flight, oldest: self.now, file, line };
            self.machine.cut_off_work(self.now, vec![work]);
        }
        !self.machine.awaits_work()
    }

    fn run(&mut self, id: Id, hook: &HookRef, limit: Duration) {
        match self.instead.get(&id).cloned() {
            Some(Instead::Ends(outcome)) => self.machine.finish(id, self.now, Finish::Ended(outcome)),
            Some(Instead::Blocks) => {}
            Some(Instead::Hangs) if !hook.body.is_async() => {}
            Some(Instead::Hangs) => self.spawn(id, Box::pin(std::future::pending())),
            Some(Instead::Late(length)) => {
                self.instead.remove(&id);
                self.later(id, hook, limit, length);
            }
            None => match self.enter(hook, limit) {
                Ok(Entered::Ended(result)) => self.machine.finish(id, self.now, Finish::Ended(outcome(result))),
                Ok(Entered::Waits(future)) => self.spawn(id, future),
                Err(finish) => self.machine.finish(id, self.now, finish),
            },
        }
    }

    /// The function is called at once, and its end comes later.
    fn later(&mut self, id: Id, hook: &HookRef, limit: Duration, length: Duration) {
        match self.enter(hook, limit) {
            Ok(Entered::Waits(future)) => self.spawn(
                id,
                Box::pin(async move {
                    tokio::time::sleep(length).await;
                    future.await
                }),
            ),
            Ok(Entered::Ended(result)) => self.finish_later(id, Finish::Ended(outcome(result)), length),
            Err(finish) => self.finish_later(id, finish, length),
        }
    }

    fn finish_later(&mut self, id: Id, finish: Finish, length: Duration) {
        let late = async move {
            tokio::time::sleep(length).await;
            (id, finish)
        };
        self.futures.spawn_on(late, self.runtime.handle());
    }

    fn spawn(&mut self, id: Id, future: HookFuture) {
        let mut future = Cancellable::new(future);
        let cancel = Arc::new(Cancel::new(self.began));
        future.cancelled_by(Arc::clone(&cancel));
        self.cancels.insert(id, cancel);
        self.futures.spawn_on(async move { (id, future.await) }, self.runtime.handle());
    }

    fn enter(&self, hook: &HookRef, limit: Duration) -> Result<Entered, Finish> {
        let given = Given {
            values: &*self.values,
            trigger: &self.trigger,
            hurry: &self.hurry,
            began: self.began,
            phase: hook.phase,
            limit,
        };
        let call = Call::new(&given);
        // An async function may want a runtime already when it makes its future; a sync one has none.
        let entered = matches!(hook.body, Body::Async(_) | Body::AsyncOnce(_)).then(|| self.runtime.enter());
        let result = at_virtual_time(self.began + self.now, || guarded(|| hook.body.enter(&call)));
        drop(entered);
        result
    }
}
