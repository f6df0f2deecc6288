//! Order and time under a virtual clock: a machine, hooks that are only numbers, and a world in which nothing waits.

mod escalation;
mod examples;
mod phases;
mod random;
#[cfg(feature = "systemd")]
mod standing;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::machine::{Event, Finish, Machine};
use crate::budget::Budget;
use crate::drain::WorkInFlight;
use crate::hook::{Body, Hook, HookFuture, HookRef, Once, Phase};
use crate::plan::{Id, Plan};
use crate::report::{Outcome, Report};
use crate::trigger::{Note, Signal, Trigger};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a hook does once it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Completes,
    Fails,
    Panics,
    /// An async hook that awaits for ever.
    Awaits,
    /// An async hook that holds its thread in a poll.
    BlocksInPoll,
    /// An async hook whose future cannot be dropped.
    BlocksInDrop,
    /// A sync hook that never returns.
    Blocks,
}

/// A hook of a schedule.
#[derive(Clone, Copy, Debug)]
struct Job {
    phase: Phase,
    priority: i32,
    timeout: Duration,
    takes: Duration,
    does: Does,
}

const JOB: Job = Job { phase: Phase::Stop, priority: 0, timeout: ms(5000), takes: ms(10), does: Does::Completes };

impl Job {
    fn hook(&self, name: usize) -> HookRef {
        let body = match self.does {
            Does::Blocks => Body::SyncOnce(Once::new(|_| Ok(()))),
            _ => Body::AsyncOnce(Once::new(|_| -> HookFuture { Box::pin(async { Ok(()) }) })),
        };
        HookRef::Registered(Arc::new(Hook {
            name: Cow::Owned(format!("h{name}")),
            module: "",
            file: "schedule.rs",
            line: 1,
            package: "",
            version: "",
            phase: self.phase,
            priority: self.priority,
            timeout: self.timeout,
            timeout_is_default: false,
            after: &[],
            body,
        }))
    }
}

/// A whole shutdown to be played.
struct World {
    machine: Machine,
    jobs: Vec<Job>,
    now: Duration,
    /// When the hooks that run will end.
    ends: Vec<(Duration, Id)>,
    notes: Vec<(Duration, Note)>,
    /// Until when work is in flight.
    in_flight_until: Duration,
    draining_at: Option<Duration>,
    /// The phases that have begun, with so many hooks.
    phases: Vec<(Phase, usize)>,
    escalated: Vec<Event>,
}

impl World {
    /// `after[i]` are the jobs that job i is after; all have smaller numbers.
    fn new(jobs: Vec<Job>, after: &[Vec<usize>], grace: Duration, delay: Duration) -> Self {
        let budget = Budget::choose(Some(grace), None, None).expect("a grace period that can be kept");
        let mut plan = Plan::new(Vec::new(), budget, delay).expect("no hook contradicts another");
        let hooks: Vec<HookRef> = jobs.iter().enumerate().map(|(name, job)| job.hook(name)).collect();
        for (name, hook) in hooks.iter().enumerate() {
            let earlier: Vec<HookRef> =
                after.get(name).into_iter().flatten().filter_map(|at| hooks.get(*at).cloned()).collect();
            assert_eq!(plan.add(hook.clone(), &earlier), name);
        }
        Self {
            machine: Machine::new(plan, false),
            jobs,
            now: Duration::ZERO,
            ends: Vec::new(),
            notes: Vec::new(),
            in_flight_until: Duration::ZERO,
            draining_at: None,
            phases: Vec::new(),
            escalated: Vec::new(),
        }
    }

    fn of(jobs: &[Job], grace: Duration) -> Self {
        Self::new(jobs.to_vec(), &[], grace, Duration::ZERO)
    }

    /// This signal comes at this time after the trigger.
    fn signal(mut self, at: Duration, signal: Signal) -> Self {
        self.notes.push((at, Note::Trigger(Trigger::Signal { signal, sender: None })));
        self.notes.sort_by_key(|(at, _)| *at);
        self
    }

    fn play(self) -> Report {
        self.play_to_end().machine.report(Duration::MAX, |_| None)
    }

    fn play_to_end(mut self) -> Self {
        self.machine.begin(Note::Trigger(Trigger::Signal { signal: Signal::SIGTERM, sender: None }));
        for _ in 0..100_000 {
            self.settle();
            if self.machine.is_over() {
                return self;
            }
            self.pass_time();
        }
        panic!("the shutdown does not end");
    }

    /// Does all that takes no time.
    fn settle(&mut self) {
        loop {
            let events = self.machine.take_events();
            let (mut busy, now) = (!events.is_empty(), self.now);
            events.into_iter().for_each(|event| self.happen(event));
            if self.machine.awaits_work() {
                self.machine.count_work(now, usize::from(now < self.in_flight_until));
                if self.machine.is_drain_overdue(now) {
                    let work = if now < self.in_flight_until { vec![work()] } else { Vec::new() };
                    self.machine.cut_off_work(now, work);
                    busy = true;
                }
            }
            while let Some((id, _, _)) = self.machine.take(now) {
                busy = true;
                let job = self.job(id);
                if matches!(job.does, Does::Completes | Does::Fails | Does::Panics) {
                    self.ends.push((now + job.takes, id));
                }
            }
            if !busy {
                return;
            }
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Cancel(id) => {
                self.ends.retain(|(_, ends)| *ends != id);
                match self.job(id).does {
                    Does::BlocksInPoll | Does::BlocksInDrop | Does::Blocks => {}
                    _ => self.machine.finish(id, self.now, Finish::Dropped),
                }
            }
            Event::TimedOut { id, .. } => self.ends.retain(|(_, ends)| *ends != id),
            Event::PhaseBegan { phase, hooks } => self.phases.push((phase, hooks)),
            Event::Ended(_) => {}
            Event::Draining => self.draining_at = Some(self.now),
            other => self.escalated.push(other),
        }
    }

    /// Goes to the next moment at which anything happens.
    fn pass_time(&mut self) {
        let ended = self.ends.iter().map(|(at, _)| *at).min();
        let note = self.notes.first().map(|(at, _)| *at);
        let idle = self.machine.awaits_work().then_some(self.in_flight_until).filter(|at| *at > self.now);
        let next = [Some(self.machine.next_expiry()), ended, note, idle].into_iter().flatten().min();
        let next = next.expect("something is always due");
        // What is overdue already (a drop that hangs) is looked at again a little later.
        self.now = if next > self.now { next } else { self.now + ms(1) };
        let (due, later): (Vec<_>, Vec<_>) = self.ends.drain(..).partition(|(at, _)| *at <= self.now);
        self.ends = later;
        for (_, id) in due {
            let outcome = match self.job(id).does {
                Does::Fails => Outcome::Failed("no".to_owned()),
                Does::Panics => Outcome::Panicked("no".to_owned()),
                _ => Outcome::Completed,
            };
            self.machine.finish(id, self.now, Finish::Ended(outcome));
        }
        while self.notes.first().is_some_and(|(at, _)| *at <= self.now) {
            let (_, note) = self.notes.remove(0);
            self.machine.note(self.now, note);
        }
        let jobs = &self.jobs;
        self.machine.expire(self.now, |id| jobs.get(id).is_some_and(|job| job.does == Does::BlocksInPoll));
    }

    fn job(&self, id: Id) -> Job {
        *self.jobs.get(id).expect("every hook has its job")
    }
}

fn work() -> WorkInFlight {
    WorkInFlight { name: "http".to_owned(), count: 1, oldest: ms(1), file: "api.rs".to_owned(), line: 1 }
}

/// Name, start and end of each hook in milliseconds, and what became of it.
fn told(report: &Report) -> Vec<String> {
    let line = |hook: &crate::report::HookReport| match hook.start {
        Some(start) => {
            let end = (start + hook.duration).as_millis();
            format!("{} {}-{end} {}", hook.name, start.as_millis(), hook.outcome)
        }
        None => format!("{} {}", hook.name, hook.outcome),
    };
    report.hooks.iter().map(line).collect()
}
