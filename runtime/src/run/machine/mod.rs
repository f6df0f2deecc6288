//! The state of every hook, and what comes next: a value without threads and without a clock.

use std::collections::VecDeque;
use std::time::Duration;

use crate::after::Turn;
use crate::drain::WorkInFlight;
use crate::hook::{HookRef, Phase};
use crate::plan::{Id, Plan};
use crate::report::{HookReport, Outcome, OwnEnd};
use crate::telemetry::TELLS_ENDS;
use crate::timing::{Share, Timing};
use crate::trigger::{Note, Signal, Trigger};

mod account;
mod history;
mod late;
mod notes;
mod overdue;
mod standing;
mod turns;

use history::History;
use notes::own_end;
pub(crate) use standing::Standing;

/// What came of a hook's function.
#[derive(Debug)]
pub(crate) enum Finish {
    Ended(Outcome),
    /// Its future was dropped because it was cancelled.
    Dropped,
}

impl Finish {
    /// One word for it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ended(outcome) => outcome.name(),
            Self::Dropped => Outcome::TimedOut { abandoned: false }.name(),
        }
    }
}

/// What the machine wants its surroundings to do or to say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A phase has begun, with so many hooks.
    PhaseBegan { phase: Phase, hooks: usize },
    /// Drop this hook's future.
    Cancel(Id),
    /// The hook was given up, so long after its start.
    TimedOut { id: Id, after: Duration },
    /// The hook has ended, or was skipped; only where somebody wants to know.
    Ended(Box<HookReport>),
    /// The drain delay is over.
    Draining,
    /// Work in flight was waited for until now, and no longer.
    WorkCutOff(Vec<WorkInFlight>),
    /// A signal or request that changes nothing.
    Noted(Trigger),
    /// Somebody is in a hurry.
    Hurry(Signal),
}

enum State {
    /// Not its turn, or for so many hooks that it is `after`.
    Waiting {
        on: usize,
        open: bool,
    },
    Queued,
    Running(Running),
    Ended {
        start: Option<Duration>,
        end: Duration,
        outcome: Outcome,
    },
}

#[derive(Clone, Copy)]
struct Running {
    start: Duration,
    /// When it is cancelled, or given up where it cannot be.
    limit: Duration,
    /// How long it may take to be dropped then.
    patience: Duration,
    cancelled: Option<Duration>,
}

/// One shutdown, before and after its trigger. Every `now` counts from the trigger.
pub(crate) struct Machine {
    plan: Plan,
    timing: Timing,
    /// Without a meaning until [`begin`](Self::begin).
    trigger: Trigger,
    begun: bool,
    escalate_on_any: bool,
    states: Vec<State>,
    queue: VecDeque<Id>,
    running: Vec<Id>,
    started: usize,
    /// The turn of the open group.
    turn: Option<Turn>,
    share: Share,
    /// The latest phase whose beginning was told.
    entered: Option<Phase>,
    /// Hooks of the open group that have not ended.
    open: usize,
    delay_until: Duration,
    /// Nothing but the drain delay was waited for.
    serves_on: bool,
    draining: bool,
    /// Nothing is in flight, or it is waited for no more.
    drained: bool,
    drained_by: Option<Duration>,
    /// By the last count.
    in_flight: usize,
    /// See [`Standing::progress`].
    progress: usize,
    cut_off: Vec<WorkInFlight>,
    escalated: u32,
    own_end: Option<OwnEnd>,
    forced: Option<Signal>,
    over: Option<Duration>,
    history: History,
    events: Vec<Event>,
}

impl Machine {
    /// All that can be made before the trigger is made here.
    pub(crate) fn new(plan: Plan, escalate_on_any: bool) -> Self {
        let queue = VecDeque::with_capacity(plan.size());
        let states = (0..plan.size()).map(|id| State::Waiting { on: plan.waits(id), open: false }).collect();
        Self {
            timing: Timing::new(&plan),
            delay_until: plan.drain_delay(),
            plan,
            trigger: Trigger::MainReturned,
            begun: false,
            escalate_on_any,
            states,
            queue,
            running: Vec::new(),
            started: 0,
            turn: None,
            share: Share::default(),
            entered: None,
            open: 0,
            serves_on: false,
            draining: false,
            drained: false,
            drained_by: None,
            in_flight: 0,
            progress: 0,
            cut_off: Vec::new(),
            escalated: 0,
            own_end: None,
            forced: None,
            over: None,
            history: History::default(),
            events: Vec::new(),
        }
    }

    /// The trigger has come: it is the reason, whatever comes later.
    pub(crate) fn begin(&mut self, first: Note) {
        self.own_end = own_end(&first);
        self.trigger = match first {
            Note::Trigger(trigger) => trigger,
            Note::Exit(code) => Trigger::Request { label: format!("exit({code})") },
        };
        if !self.trigger.still_serves() {
            self.delay_until = Duration::ZERO;
        }
        self.begun = true;
        self.progress += usize::from(!self.delay_until.is_zero());
        self.timing = Timing::new(&self.plan);
        self.advance(Duration::ZERO);
    }

    pub(crate) fn trigger(&self) -> &Trigger {
        &self.trigger
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    pub(crate) fn is_forced(&self) -> bool {
        self.forced.is_some()
    }

    /// Whether the count of the work in flight matters now.
    pub(crate) fn awaits_work(&self) -> bool {
        self.draining && !self.drained && !self.is_over()
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// How many hooks have been started so far.
    pub(crate) fn started(&self) -> usize {
        self.started
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The hook to run next, if one may start now; from here on its time runs. With it comes the limit.
    pub(crate) fn take(&mut self, now: Duration) -> Option<(Id, HookRef, Duration)> {
        let id = self.queue.pop_front()?;
        let hook = self.plan.hook(id)?.clone();
        let allowance = self.timing.allowance(&hook, self.share);
        let (within, patience) = match hook.body.is_async() {
            true => Timing::patience(allowance, self.share),
            false => (Duration::ZERO, Duration::ZERO),
        };
        let limit = now + allowance.saturating_sub(within);
        self.set(id, State::Running(Running { start: now, limit, patience, cancelled: None }));
        self.running.push(id);
        self.started += 1;
        Some((id, hook, limit))
    }

    /// Says what came of a hook. Too late for one that was given up: then nothing changes.
    pub(crate) fn finish(&mut self, id: Id, now: Duration, finish: Finish) {
        let (outcome, by_itself) = match finish {
            Finish::Ended(outcome) => (outcome, true),
            Finish::Dropped => (Outcome::TimedOut { abandoned: false }, false),
        };
        if self.running_state(id).is_some() {
            self.progress += usize::from(by_itself);
            self.end(id, now, outcome);
            self.advance(now);
        }
    }

    fn set(&mut self, id: Id, state: State) {
        if TELLS_ENDS
            && let State::Ended { start, end, outcome } = &state
            && let Some(hook) = self.plan.hook(id)
        {
            let report = HookReport::new(hook, outcome.clone(), *start, *end - start.unwrap_or(*end));
            self.events.push(Event::Ended(Box::new(report)));
        }
        if let Some(slot) = self.states.get_mut(id) {
            *slot = state;
        }
    }

    /// Whether this hook was given up and may hold its thread for ever.
    pub(crate) fn is_abandoned(&self, id: Id) -> bool {
        matches!(self.states.get(id), Some(State::Ended { outcome: Outcome::TimedOut { abandoned: true }, .. }))
    }

    fn running_state(&self, id: Id) -> Option<Running> {
        match self.states.get(id) {
            Some(State::Running(running)) => Some(*running),
            _ => None,
        }
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }
}
