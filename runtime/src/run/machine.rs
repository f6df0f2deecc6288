//! The state of every hook, and what comes next: a value without threads and without a clock.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::hook::{Body, Hook, Phase};
use crate::plan::{Group, Plan};
use crate::report::{HookReport, Outcome, OwnEnd, Report};
use crate::timing::{HURRIED_TIMEOUT, Share, Timing};
use crate::trigger::{Escalation, Note, Signal, Trigger, escalate};

/// How long a cancelled future may take to be dropped before its thread counts as lost.
const DROP_PATIENCE: Duration = Duration::from_millis(250);
/// The same for a future that is inside a poll already, and so probably blocks its thread.
const POLL_PATIENCE: Duration = Duration::from_millis(10);

/// A hook's position in the plan.
pub(crate) type Id = usize;

/// What came of a hook's function.
#[derive(Debug)]
pub(crate) enum Finish {
    Ended(Outcome),
    /// Its future was dropped because it was cancelled.
    Dropped,
}

/// What the machine wants its surroundings to do or to say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// Drop this hook's future.
    Cancel(Id),
    /// The hook was given up.
    TimedOut { id: Id, after: Duration },
    /// The drain delay is over.
    Draining,
    /// A signal or request that changes nothing.
    Noted(Trigger),
    /// Somebody is in a hurry.
    Hurry(Signal),
}

enum State {
    /// Not its turn, or for so many hooks that it is `after`.
    Waiting(usize),
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
    limit: Duration,
    cancelled: Option<Duration>,
}

/// One shutdown. Every `now` counts from the trigger.
pub(crate) struct Machine {
    plan: Arc<Plan>,
    timing: Timing,
    trigger: Trigger,
    escalate_on_any: bool,
    states: Vec<State>,
    followers: HashMap<Id, Vec<Id>>,
    queue: VecDeque<Id>,
    running: Vec<Id>,
    started: usize,
    next_group: usize,
    share: Share,
    /// Hooks of the open group that have not ended.
    open: usize,
    delay_until: Duration,
    draining: bool,
    escalated: u32,
    own_end: Option<OwnEnd>,
    forced: Option<Signal>,
    over: Option<Duration>,
    events: Vec<Event>,
}

impl Machine {
    pub(crate) fn new(plan: Arc<Plan>, first: Note, escalate_on_any: bool) -> Self {
        let mut states: Vec<State> = plan.hooks().iter().map(|_| State::Waiting(0)).collect();
        let mut followers: HashMap<Id, Vec<Id>> = HashMap::new();
        for (hook, earlier) in plan.after() {
            followers.entry(*earlier).or_default().push(*hook);
            if let Some(State::Waiting(count)) = states.get_mut(*hook) {
                *count += 1;
            }
        }
        let own_end = own_end(&first);
        let trigger = match first {
            Note::Trigger(trigger) => trigger,
            Note::Exit(code) => Trigger::Request { label: format!("exit({code})") },
        };
        let delay_until = if trigger.still_serves() { plan.drain_delay() } else { Duration::ZERO };
        let timing = Timing::new(&plan);
        let mut machine = Self {
            plan,
            timing,
            trigger,
            escalate_on_any,
            states,
            followers,
            delay_until,
            own_end,
            queue: VecDeque::new(),
            running: Vec::new(),
            events: Vec::new(),
            share: Share::default(),
            next_group: 0,
            started: 0,
            open: 0,
            draining: false,
            escalated: 0,
            forced: None,
            over: None,
        };
        machine.advance(Duration::ZERO);
        machine
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    pub(crate) fn trigger(&self) -> &Trigger {
        &self.trigger
    }

    pub(crate) fn is_forced(&self) -> bool {
        self.forced.is_some()
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

    /// The hook to run next, if one may start now; from here on its time runs.
    pub(crate) fn take(&mut self, now: Duration) -> Option<Id> {
        let id = self.queue.pop_front()?;
        let timeout = self.plan.hooks().get(id).map_or(Duration::ZERO, |hook| hook.timeout);
        let limit = now + self.timing.allowance(timeout, self.share);
        self.set(id, State::Running(Running { start: now, limit, cancelled: None }));
        self.running.push(id);
        self.started += 1;
        Some(id)
    }

    /// Says what came of a hook. Too late for one that was given up: then nothing changes.
    pub(crate) fn finish(&mut self, id: Id, now: Duration, finish: Finish) {
        let outcome = match finish {
            Finish::Ended(outcome) => outcome,
            Finish::Dropped => Outcome::TimedOut { abandoned: false },
        };
        if self.running_state(id).is_some() {
            self.end(id, now, outcome);
            self.advance(now);
        }
    }

    /// Cancels and gives up what is overdue; `in_poll` says whether a hook's future is being polled right now.
    pub(crate) fn expire(&mut self, now: Duration, in_poll: impl Fn(Id) -> bool) {
        if self.over.is_some() {
            return;
        }
        if now >= self.timing.usable() {
            self.over = Some(now);
            return;
        }
        for id in self.running.clone() {
            let Some(running) = self.running_state(id).filter(|running| running.limit <= now) else { continue };
            match running.cancelled {
                None if self.is_async(id) => {
                    self.set(id, State::Running(Running { cancelled: Some(now), ..running }));
                    self.events.push(Event::Cancel(id));
                }
                Some(at) if now < at + patience(in_poll(id)) => {}
                _ => self.end(id, now, Outcome::TimedOut { abandoned: true }),
            }
        }
        self.advance(now);
    }

    /// When something is overdue next, if nothing changes.
    pub(crate) fn next_expiry(&self) -> Duration {
        let limit = |running: Running| match running.cancelled {
            None => running.limit,
            Some(at) => at + POLL_PATIENCE,
        };
        let limits = self.running.iter().filter_map(|id| self.running_state(*id)).map(limit);
        let delay = (!self.draining && self.open == 0).then_some(self.delay_until);
        limits.chain(delay).min().unwrap_or(Duration::MAX).min(self.timing.usable())
    }

    /// A signal or request during the shutdown.
    pub(crate) fn note(&mut self, now: Duration, note: Note) {
        self.own_end = self.own_end.or_else(|| own_end(&note));
        match note {
            Note::Trigger(Trigger::Signal { signal, sender }) => {
                match escalate(signal, now, self.escalated, self.escalate_on_any) {
                    Escalation::Same => {}
                    Escalation::SkipDelay => self.delay_until = Duration::ZERO,
                    Escalation::Noted => self.events.push(Event::Noted(Trigger::Signal { signal, sender })),
                    Escalation::Hurry => self.hurry(now, signal),
                    Escalation::Force(signal) => (self.forced, self.over) = (Some(signal), Some(now)),
                }
            }
            Note::Trigger(trigger) => {
                if !trigger.still_serves() {
                    self.delay_until = Duration::ZERO;
                }
                self.events.push(Event::Noted(trigger));
            }
            Note::Exit(_) => {}
        }
        self.advance(now);
    }

    fn hurry(&mut self, now: Duration, signal: Signal) {
        self.escalated += 1;
        self.delay_until = Duration::ZERO;
        self.timing.hurry(&self.plan);
        for state in &mut self.states {
            if let State::Running(running) = state {
                running.limit = running.limit.min(now + HURRIED_TIMEOUT);
            }
        }
        self.events.push(Event::Hurry(signal));
    }

    /// Opens the groups whose turn has come, until there is something to run or to wait for.
    fn advance(&mut self, now: Duration) {
        while self.open == 0 && self.over.is_none() {
            let group = self.plan.groups().get(self.next_group).cloned();
            let phase = group.as_ref().map(|group| group.phase);
            if phase != Some(Phase::Announce) && !self.draining {
                if now < self.delay_until {
                    return;
                }
                self.draining = true;
                self.events.push(Event::Draining);
            }
            match group {
                None => self.over = Some(now),
                Some(group) => self.open_group(&group, now),
            }
        }
    }

    fn open_group(&mut self, group: &Group, now: Duration) {
        self.share = self.timing.share(self.next_group, group.phase, now);
        self.next_group += 1;
        self.open = group.members.len();
        let time_left = now < self.timing.end_of(group.phase);
        for id in group.members.clone() {
            match self.states.get(id) {
                Some(State::Waiting(_)) if !time_left => self.skip(id, now, "no time was left"),
                Some(State::Waiting(0)) => self.enqueue(id),
                // Skipped already, for it is `after` an abandoned hook of an earlier group.
                Some(State::Ended { .. }) => self.open -= 1,
                _ => {}
            }
        }
    }

    fn enqueue(&mut self, id: Id) {
        self.set(id, State::Queued);
        self.queue.push_back(id);
    }

    /// Ends a hook of the open group, and lets go those that are `after` it.
    fn end(&mut self, id: Id, now: Duration, outcome: Outcome) {
        let start = self.running_state(id).map(|running| running.start);
        let abandoned = matches!(outcome, Outcome::TimedOut { abandoned: true });
        if matches!(outcome, Outcome::TimedOut { .. }) {
            let after = now.saturating_sub(start.unwrap_or(now));
            self.events.push(Event::TimedOut { id, after });
        }
        self.running.retain(|running| *running != id);
        self.open = self.open.saturating_sub(1);
        self.set(id, State::Ended { start, end: now, outcome });
        let Some(followers) = self.followers.remove(&id) else { return };
        let name = self.plan.hooks().get(id).map_or("", |hook| hook.name);
        for follower in followers {
            if abandoned {
                self.skip(follower, now, &format!("it is after {name}, which was abandoned"));
            } else {
                self.release(follower);
            }
        }
    }

    /// One of the hooks that this one is `after` has ended.
    fn release(&mut self, id: Id) {
        let in_open_group = self.is_open(id);
        if let Some(State::Waiting(count)) = self.states.get_mut(id) {
            *count = count.saturating_sub(1);
            if *count == 0 && in_open_group {
                self.enqueue(id);
            }
        }
    }

    /// Skips a hook that has not started, and those after it.
    fn skip(&mut self, id: Id, now: Duration, reason: &str) {
        let mut skipped = vec![id];
        while let Some(id) = skipped.pop() {
            if !matches!(self.states.get(id), Some(State::Waiting(_))) {
                continue;
            }
            if self.is_open(id) {
                self.open = self.open.saturating_sub(1);
            }
            self.set(id, State::Ended { start: None, end: now, outcome: Outcome::Skipped(reason.to_owned()) });
            skipped.extend(self.followers.remove(&id).into_iter().flatten());
        }
    }

    fn is_open(&self, id: Id) -> bool {
        let open = self.next_group.checked_sub(1).and_then(|index| self.plan.groups().get(index));
        open.is_some_and(|group| group.members.contains(&id))
    }

    fn is_async(&self, id: Id) -> bool {
        self.plan.hooks().get(id).is_some_and(|hook| matches!(hook.body, Body::Async(_)))
    }

    fn set(&mut self, id: Id, state: State) {
        if let Some(slot) = self.states.get_mut(id) {
            *slot = state;
        }
    }

    fn running_state(&self, id: Id) -> Option<Running> {
        match self.states.get(id) {
            Some(State::Running(running)) => Some(*running),
            _ => None,
        }
    }

    /// The hooks that run now, with their start and the limit of their time.
    pub(crate) fn running(&self) -> impl Iterator<Item = (Id, &'static Hook, Duration, Duration)> {
        self.running.iter().filter_map(|id| {
            let (running, hook) = (self.running_state(*id)?, self.plan.hooks().get(*id)?);
            Some((*id, *hook, running.start, running.limit))
        })
    }

    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What happened; hooks that still run count as abandoned, hooks that never started as skipped.
    pub(crate) fn report(&self, now: Duration) -> Report {
        let end = self.over.unwrap_or(now);
        let hooks = self.plan.hooks().iter().zip(&self.states).map(|(hook, state)| match state {
            State::Ended { start, end, outcome } => {
                HookReport::new(hook, outcome.clone(), *start, *end - start.unwrap_or(*end))
            }
            State::Running(Running { start, .. }) => {
                let outcome = Outcome::TimedOut { abandoned: true };
                HookReport::new(hook, outcome, Some(*start), end.saturating_sub(*start))
            }
            State::Waiting(_) | State::Queued => {
                let outcome = Outcome::Skipped("the shutdown was cut short".to_owned());
                HookReport::new(hook, outcome, None, Duration::ZERO)
            }
        });
        Report {
            trigger: self.trigger.clone(),
            hooks: hooks.collect(),
            duration: end,
            deadline: self.plan.budget().deadline(),
            deadline_came: end >= self.timing.usable(),
            forced: self.forced,
            own_end: self.own_end,
        }
    }
}

fn patience(in_poll: bool) -> Duration {
    if in_poll { POLL_PATIENCE } else { DROP_PATIENCE }
}

/// The end that the program itself chose by this note.
fn own_end(note: &Note) -> Option<OwnEnd> {
    match note {
        Note::Exit(code) => Some(OwnEnd::Asked(*code)),
        Note::Trigger(Trigger::MainFailed { .. }) => Some(OwnEnd::MainFailed),
        Note::Trigger(Trigger::MainPanicked { .. }) => Some(OwnEnd::MainPanicked),
        Note::Trigger(_) => None,
    }
}
