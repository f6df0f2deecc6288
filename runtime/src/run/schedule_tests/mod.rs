//! Tests order and time under a virtual clock, with the driver of production and hooks that are only numbers.

mod escalation;
mod examples;
mod phases;
#[cfg(feature = "systemd")]
mod progress;
mod random;

use std::borrow::Cow;
use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use super::driver::{Driver, Next};
use super::simulation::{Fault, SimulatedWork, Simulation};
use super::state::{Finish, ShutdownState};
use crate::hook::registry::{Provided, TooLateError};
use crate::hook::{Body, HookError, HookFuture, HookRecord, HookRef, OnceBody, Phase};
use crate::plan::Plan;
use crate::plan::budget::Budget;
use crate::plan::drain_delay::DrainDelay;
use crate::report::{Outcome, Report};
use crate::telemetry::Event;
use crate::trigger::{Message, Signal, Trigger};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a hook does when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behavior {
    Completes,
    Fails,
    Panics,
    /// An async hook that awaits for ever.
    Awaits,
    /// An async hook that holds its thread in a poll for ever.
    BlocksInPoll,
    /// An async hook that holds its thread in its first poll until then, and then awaits for ever.
    BlocksFirst(u64),
    /// An async hook whose future cannot be dropped.
    BlocksInDrop,
    /// A sync hook that never returns.
    Blocks,
}

/// A hook of a schedule.
#[derive(Clone, Copy, Debug)]
struct FakeHook {
    phase: Phase,
    priority: i32,
    timeout: Duration,
    takes: Duration,
    behavior: Behavior,
}

const HOOK: FakeHook =
    FakeHook { phase: Phase::Stop, priority: 0, timeout: ms(5000), takes: ms(10), behavior: Behavior::Completes };

impl FakeHook {
    fn hook(&self, name: usize) -> HookRef {
        let Self { takes, behavior, .. } = *self;
        let body = match behavior {
            Behavior::Blocks => Body::SyncOnce(OnceBody::new(|_| Ok(()))),
            _ => Body::AsyncOnce(OnceBody::new(move |_| -> HookFuture {
                Box::pin(async move {
                    if behavior == Behavior::Awaits {
                        pending::<()>().await;
                    }
                    tokio::time::sleep(takes).await;
                    match behavior {
                        Behavior::Fails => Err(HookError::from("no")),
                        Behavior::Panics => panic!("no"),
                        _ => Ok(()),
                    }
                })
            })),
        };
        HookRef::Registered(Arc::new(HookRecord {
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

    fn fault(&self) -> Option<Fault> {
        match self.behavior {
            Behavior::Completes | Behavior::Fails | Behavior::Panics | Behavior::Awaits => None,
            Behavior::BlocksInPoll => Some(Fault::Blocks),
            Behavior::BlocksFirst(length) => Some(Fault::BlocksFirst(ms(length))),
            Behavior::BlocksInDrop => Some(Fault::HangsInDrop),
            Behavior::Blocks => Some(Fault::Hangs),
        }
    }
}

/// An event from outside during a shutdown.
#[derive(Debug)]
enum Input {
    Message(Message),
    InFlight(usize),
    /// A hook is registered, `after` these of the plan.
    Register(FakeHook, Vec<usize>),
}

/// A whole shutdown to simulate.
struct Harness {
    plan: Plan,
    hooks: Vec<FakeHook>,
    refs: Vec<HookRef>,
    inputs: Vec<(Duration, Input)>,
    first: Message,
    in_flight: usize,
}

impl Harness {
    /// `after[i]` lists the hooks that hook i is after. All have smaller numbers.
    fn new(hooks: Vec<FakeHook>, after: &[Vec<usize>], grace: Duration, delay: Duration) -> Self {
        let budget = Budget::choose(Some(grace), None, None).expect("a grace period that can be kept");
        let mut plan =
            Plan::new(Vec::new(), budget, DrainDelay::of_program(delay)).expect("no hook contradicts another");
        let refs: Vec<HookRef> = hooks.iter().enumerate().map(|(name, hook)| hook.hook(name)).collect();
        for (name, hook) in refs.iter().enumerate() {
            let earlier: Vec<HookRef> =
                after.get(name).into_iter().flatten().filter_map(|at| refs.get(*at).cloned()).collect();
            assert_eq!(plan.add(hook.clone(), &earlier), name);
        }
        let first = Message::Trigger(Trigger::Signal { signal: Signal::SIGTERM, sender: None });
        Self { plan, hooks, refs, inputs: Vec::new(), first, in_flight: 0 }
    }

    fn of(hooks: &[FakeHook], grace: Duration) -> Self {
        Self::new(hooks.to_vec(), &[], grace, Duration::ZERO)
    }

    fn input(mut self, at: Duration, input: Input) -> Self {
        self.inputs.push((at, input));
        self.inputs.sort_by_key(|(at, _)| *at);
        self
    }

    /// Sends this signal at this time after the trigger.
    fn signal(self, at: Duration, signal: Signal) -> Self {
        self.input(at, Input::Message(Message::Trigger(Trigger::Signal { signal, sender: None })))
    }

    /// Keeps one piece of work in flight between these times.
    fn work(mut self, from: Duration, to: Duration) -> Self {
        if from.is_zero() {
            self.in_flight = 1;
        } else {
            self = self.input(from, Input::InFlight(1));
        }
        if to == Duration::MAX { self } else { self.input(to, Input::InFlight(0)) }
    }

    fn begin(self) -> Played {
        let Self { plan, hooks, refs, inputs, first, in_flight } = self;
        let faults: HashMap<_, _> =
            hooks.iter().enumerate().filter_map(|(id, hook)| Some((id, hook.fault()?))).collect();
        let values = Arc::new(Provided::default());
        let simulation = Simulation::begin(plan, false, values, faults, (first, in_flight)).expect("a runtime");
        Played { simulation, hooks, refs, inputs, refused: Vec::new() }
    }

    fn play_to_end(self) -> Played {
        let mut played = self.begin();
        played.play(Duration::MAX);
        played
    }

    fn play(self) -> Report {
        self.play_to_end().report()
    }
}

/// A simulated shutdown that runs or has ended.
struct Played {
    simulation: Simulation,
    hooks: Vec<FakeHook>,
    refs: Vec<HookRef>,
    inputs: Vec<(Duration, Input)>,
    refused: Vec<TooLateError>,
}

impl Played {
    /// Lets time pass until this time, or until the shutdown is over.
    fn play(&mut self, until: Duration) {
        while self.inputs.first().is_some_and(|(at, _)| *at <= until) {
            let (at, input) = self.inputs.remove(0);
            self.simulation.play(Some(at));
            if self.simulation.is_over() {
                return;
            }
            match input {
                Input::Message(message) => self.simulation.receive(message),
                Input::InFlight(count) => self.simulation.set_in_flight(count),
                Input::Register(hook, after) => {
                    let after: Vec<HookRef> = after.iter().filter_map(|at| self.refs.get(*at).cloned()).collect();
                    if let Err(error) = self.register(hook, &after) {
                        self.refused.push(error);
                    }
                }
            }
        }
        self.simulation.play((until != Duration::MAX).then_some(until));
    }

    fn register(&mut self, hook: FakeHook, after: &[HookRef]) -> Result<HookRef, TooLateError> {
        let fake = hook.hook(self.hooks.len());
        self.simulation.add(&fake, after, hook.fault())?;
        self.hooks.push(hook);
        self.refs.push(fake.clone());
        Ok(fake)
    }

    fn finish(mut self) -> Vec<String> {
        self.play(Duration::MAX);
        outcome_lines(&self.report())
    }

    fn report(&self) -> Report {
        assert!(self.simulation.is_over(), "the shutdown does not end");
        self.simulation.report()
    }

    fn draining_at(&self) -> Option<Duration> {
        let is_draining = |(_, event): &&(Duration, Event)| matches!(event, Event::DrainingBegan { .. });
        self.simulation.events().iter().find(is_draining).map(|(at, _)| *at)
    }

    fn phases(&self) -> Vec<(Phase, usize)> {
        let phase = |(_, event): &(Duration, Event)| match event {
            Event::PhaseBegan { phase, hooks } => Some((*phase, *hooks)),
            _ => None,
        };
        self.simulation.events().iter().filter_map(phase).collect()
    }

    /// Returns what signals and requests have changed.
    fn escalated(&self) -> Vec<&Event> {
        let events = self.simulation.events().iter().map(|(_, event)| event);
        events.filter(|event| matches!(event, Event::LaterTrigger(_) | Event::FastShutdown(_))).collect()
    }
}

/// Returns the name, start and end of each hook in milliseconds, and its outcome.
fn outcome_lines(report: &Report) -> Vec<String> {
    let line = |hook: &crate::report::HookReport| match hook.start {
        Some(start) => {
            let end = (start + hook.duration).as_millis();
            format!("{} {}-{end} {}", hook.name, start.as_millis(), hook.outcome)
        }
        None => format!("{} {}", hook.name, hook.outcome),
    };
    report.hooks.iter().map(line).collect()
}
