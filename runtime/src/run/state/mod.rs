//! Holds the state of one shutdown: the state of every hook, and what comes next. A value without threads and without a
//! clock.
//!
//! Every call passes the time since the trigger, and may change several things at once. The caller then takes the
//! effects from [`ShutdownState::take_effects`] and carries them out. The state reaches the stage of the program and its work
//! in flight through [`Program`]. So a stage begins, and work is counted, in the same step as the change that depends
//! on it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::drain::{Stage, WorkInFlight};
use crate::hook::{HookError, HookRef, Phase};
use crate::plan::order::GroupKey;
use crate::plan::timing::{GrantedTime, TimeLimit, Timing};
use crate::plan::{Id, Plan};
use crate::report::{HookReport, Outcome, ProgramExit};
use crate::sorted_map::SortedMap;
use crate::telemetry::{self, Event, TELEMETRY};
use crate::trigger::{Message, Signal, Trigger};

mod drain_phase;
mod escalation;
mod groups;
mod hook_end;
mod progress;
mod registration;
mod report;
mod timeouts;

pub(crate) use escalation::SAME_REQUEST_WINDOW;
use escalation::program_exit;
use report::History;

/// Reads and sets the state of the program. No method blocks, allocates without bound, or runs user code, because all
/// are called under the lock of the run.
pub(crate) trait Program: Send + Sync {
    /// Enters a stage. The futures that wait for the stage are woken later, by [`Effect::Wake`].
    fn enter_stage(&self, stage: Stage);
    /// Wakes the futures that wait for this stage. The exception among these methods: it runs user code, the wakers, and
    /// is called by a worker under no lock.
    fn wake_waiters(&self, stage: Stage);
    /// Returns whether a future waits for this stage that no call of `wake_waiters` has taken.
    fn has_waiters(&self, stage: Stage) -> bool;
    /// Returns how much work is in flight. Returns zero only if there was none at some moment of the call.
    fn count_work(&self) -> usize;
    /// Returns the work in flight, by name and location.
    fn list_work(&self) -> Vec<WorkInFlight>;
    /// Returns the time since the last piece of work began after the trigger. `None` if none has begun.
    fn since_last_new_work(&self) -> Option<Duration>;
}

/// How the function of a hook ended.
#[derive(Debug)]
pub(crate) enum Finish {
    /// The function returned, or its future completed.
    Ended(Outcome),
    /// Its future was dropped because it was cancelled.
    Dropped,
}

impl Finish {
    /// Returns the outcome's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ended(outcome) => outcome.name(),
            Self::Dropped => Outcome::TimedOut { abandoned: false }.name(),
        }
    }

    /// Returns the error of the hook, if it failed.
    pub(crate) fn error(&self) -> Option<HookError> {
        match self {
            Self::Ended(Outcome::Failed(error)) => Some(error.clone()),
            Self::Ended(_) | Self::Dropped => None,
        }
    }
}

/// What the caller does after a step, in this order.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Drop this hook's future.
    Cancel(Id),
    /// Wake the futures that wait for this stage.
    Wake(Stage),
    /// Tell the hooks that the shutdown is fast.
    BeginFast,
    /// Tell everybody about it.
    Emit(Event),
}

/// The state of one hook.
enum HookState {
    /// Its group is not open, or this many of the hooks that it is `after` have not ended.
    Waiting {
        on: usize,
        open: bool,
    },
    /// The hook may start as soon as a thread is free.
    Queued,
    Running(Running),
    Ended {
        start: Option<Duration>,
        end: Duration,
        outcome: Outcome,
        left_tasks: usize,
    },
}

#[derive(Clone, Copy)]
struct Running {
    start: Duration,
    time: TimeLimit,
    /// When its cancellation was requested.
    cancelled: Option<Duration>,
}

/// The hooks of one phase and one priority, while some of them have not ended.
#[derive(Debug)]
struct OpenGroup {
    key: GroupKey,
    /// Number of its hooks that have not ended. Zero only inside [`ShutdownState::advance`].
    unfinished: usize,
    granted: GrantedTime,
}

/// The step that the shutdown has reached.
#[derive(Debug)]
enum Step {
    /// The trigger has not come.
    Armed,
    /// The first hooks run, and the drain delay passes at the same time.
    Deregistering(OpenGroup),
    /// No hook runs, and the program serves until the drain delay is over. `waited` is false until the step has lasted.
    Serving { waited: bool },
    /// Hooks of the drain phase run, or work in flight is awaited, or both at once if a hook was registered late. `by`
    /// is set when the hooks have ended for the first time. From then on the time limit for work in flight applies.
    Draining { hooks: Option<OpenGroup>, by: Option<Duration> },
    /// Hooks of a later phase run.
    Stopping(OpenGroup),
    /// No hook runs any more.
    Over { at: Duration },
}

impl Step {
    fn open_group(&self) -> Option<&OpenGroup> {
        match self {
            Self::Deregistering(group) | Self::Stopping(group) => Some(group),
            Self::Draining { hooks, .. } => hooks.as_ref(),
            Self::Armed | Self::Serving { .. } | Self::Over { .. } => None,
        }
    }

    fn open_group_mut(&mut self) -> Option<&mut OpenGroup> {
        match self {
            Self::Deregistering(group) | Self::Stopping(group) => Some(group),
            Self::Draining { hooks, .. } => hooks.as_mut(),
            Self::Armed | Self::Serving { .. } | Self::Over { .. } => None,
        }
    }
}

/// One shutdown, before and after its trigger.
pub(crate) struct ShutdownState {
    plan: Plan,
    timing: Timing,
    program: Arc<dyn Program>,
    escalate_on_any: bool,
    step: Step,
    hooks: Vec<HookState>,
    queue: VecDeque<Id>,
    running: Vec<Id>,
    started: usize,
    /// The group that was opened last. A hook that is registered late for it joins the group that runs.
    last_opened: Option<GroupKey>,
    /// The latest phase whose beginning was recorded as an event.
    recorded_phase: Option<Phase>,
    /// The end of the drain delay.
    serve_until: Duration,
    /// See [`Progress::count`](crate::telemetry::Progress::count).
    progress: usize,
    cut_off: Vec<WorkInFlight>,
    /// Number of repeated signals that had an effect.
    escalated: u32,
    program_exit: Option<ProgramExit>,
    forced: Option<Signal>,
    history: History,
    /// What the overdue hooks were doing, as far as the system showed it.
    activities: SortedMap<Id, Option<String>>,
    effects: Vec<Effect>,
}

impl ShutdownState {
    /// Makes everything that can be made before the trigger.
    pub(crate) fn new(plan: Plan, program: Arc<dyn Program>, escalate_on_any: bool) -> Self {
        let hooks = (0..plan.size()).map(|id| HookState::Waiting { on: plan.waits(id), open: false }).collect();
        Self {
            timing: Timing::new(&plan),
            queue: VecDeque::with_capacity(plan.size()),
            serve_until: plan.drain_delay(),
            plan,
            program,
            escalate_on_any,
            step: Step::Armed,
            hooks,
            running: Vec::new(),
            started: 0,
            last_opened: None,
            recorded_phase: None,
            progress: 0,
            cut_off: Vec::new(),
            escalated: 0,
            program_exit: None,
            forced: None,
            history: History::default(),
            activities: SortedMap::default(),
            effects: Vec::new(),
        }
    }

    /// Starts the shutdown and returns its trigger. Later triggers do not change the reason of the shutdown.
    pub(crate) fn begin(&mut self, first: Message) -> Trigger {
        self.program_exit = program_exit(&first);
        let trigger = match first {
            Message::Trigger(trigger) => trigger,
            Message::Exit(code) => Trigger::Request { label: format!("exit({code})") },
        };
        if !trigger.allows_drain_delay() {
            self.serve_until = Duration::ZERO;
        }
        self.progress += usize::from(!self.serve_until.is_zero());
        // Again, because hooks may have been registered since install.
        self.timing = Timing::new(&self.plan);
        // Before the first hook: while it tells a registry to forget this instance, no probe may say that it is ready.
        self.program.enter_stage(Stage::Leaving);
        self.effects.push(Effect::Wake(Stage::Leaving));
        self.step = Step::Serving { waited: false };
        self.advance(Duration::ZERO);
        trigger
    }

    pub(crate) fn program(&self) -> &Arc<dyn Program> {
        &self.program
    }

    fn is_begun(&self) -> bool {
        !matches!(self.step, Step::Armed)
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.step, Step::Over { .. })
    }

    /// Returns whether a repeated signal ended the shutdown.
    pub(crate) fn is_forced(&self) -> bool {
        self.forced.is_some()
    }

    /// Returns the stage that servers and probes see.
    pub(crate) fn stage(&self) -> Stage {
        match self.step {
            Step::Armed => Stage::Serving,
            Step::Deregistering(_) | Step::Serving { .. } => Stage::Leaving,
            Step::Draining { .. } | Step::Stopping(_) | Step::Over { .. } => Stage::Draining,
        }
    }

    /// Returns whether the drain phase lasts, so that the amount of work in flight matters.
    pub(crate) fn is_draining(&self) -> bool {
        matches!(self.step, Step::Draining { .. })
    }

    /// Ends the run before all hooks have ended: at the deadline, or by force.
    fn cut_short(&mut self, now: Duration) {
        // Before the step changes: work in flight matters only in the drain phase.
        if self.is_draining() && self.count_work(now) > 0 {
            self.cut_off_work(now);
        }
        for id in self.running.clone() {
            // Where the program goes on, a hook that the report calls abandoned must not go on with it.
            if self.plan.hook(id).is_some_and(|hook| hook.body.is_async()) {
                self.effects.push(Effect::Cancel(id));
            }
        }
        self.step = Step::Over { at: now };
    }

    /// Whether hooks wait for a thread.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Returns how many hooks have started so far.
    pub(crate) fn started(&self) -> usize {
        self.started
    }

    pub(crate) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    fn emit(&mut self, event: Event) {
        self.effects.push(Effect::Emit(event));
    }

    /// Starts the next hook that may run, and returns it with its time limit. A hook whose phase has no time left is
    /// skipped.
    pub(crate) fn start_next(&mut self, now: Duration) -> Option<(Id, HookRef, Duration)> {
        // When all is over, what is queued stays in the report as skipped.
        while !self.is_over() {
            let id = self.queue.pop_front()?;
            let Some(hook) = self.plan.hook(id).cloned() else {
                debug_assert!(false, "a hook that is queued is in the plan");
                continue;
            };
            match self.allot(&hook, now) {
                Some(mut time) => {
                    if TELEMETRY {
                        // The hook may wait for a subscriber before it is called. In that case `restart_clock` follows.
                        let end = self.timing.end_of(hook.phase);
                        time.limit = time.limit.saturating_add(telemetry::WORKER_TIMEOUT).min(end).max(time.limit);
                    }
                    self.set(id, HookState::Running(Running { start: now, time, cancelled: None }));
                    self.running.push(id);
                    self.started += 1;
                    return Some((id, hook, time.limit));
                }
                None => {
                    self.skip_for_lack_of_time(id, now);
                    self.advance(now);
                }
            }
        }
        None
    }

    /// Counts the hook's time from now on: before this moment it waited for the shutdown itself. Returns its new limit.
    pub(crate) fn restart_clock(&mut self, id: Id, now: Duration) -> Option<Duration> {
        let running = self.running_state(id).filter(|running| running.cancelled.is_none())?;
        // If no time is left, the old limit still applies, because the hook has started.
        let time = self.plan.hook(id).and_then(|hook| self.allot(hook, now)).unwrap_or(running.time);
        self.set(id, HookState::Running(Running { start: now, time, cancelled: None }));
        Some(time.limit)
    }

    /// Returns the time for a hook that starts now. Returns `None` if its phase has no time left.
    fn allot(&self, hook: &HookRef, now: Duration) -> Option<TimeLimit> {
        let granted = self.step.open_group().map(|group| group.granted).unwrap_or_default();
        self.timing.allot(hook, granted, now)
    }

    /// Records how a hook ended, and how many tasks it left. Changes nothing for a hook that was abandoned before.
    pub(crate) fn finish(&mut self, id: Id, now: Duration, finish: Finish, left_tasks: usize) {
        let (outcome, by_itself) = match finish {
            Finish::Ended(outcome) => (outcome, true),
            Finish::Dropped => (Outcome::TimedOut { abandoned: false }, false),
        };
        // When all is over, the report has it as abandoned already.
        // A hook that was abandoned may return much later.
        if !self.is_over() && self.running_state(id).is_some() {
            self.progress += usize::from(by_itself);
            self.end(id, now, outcome, left_tasks);
            self.advance(now);
        }
    }

    fn set(&mut self, id: Id, state: HookState) {
        // Here, because every end of a hook comes through here.
        match (&state, self.plan.hook(id)) {
            (HookState::Ended { start, end, outcome, left_tasks }, Some(hook)) if telemetry::reports_end(outcome) => {
                let duration = end.saturating_sub(start.unwrap_or(*end));
                let report =
                    HookReport { left_tasks: *left_tasks, ..HookReport::new(hook, outcome.clone(), *start, duration) };
                self.emit(Event::HookEnded(Box::new(report)));
            }
            _ => {}
        }
        match self.hooks.get_mut(id) {
            Some(slot) => *slot = state,
            None => debug_assert!(false, "every hook of the plan has its state"),
        }
    }

    /// Returns whether the hook was abandoned and may hold its thread for ever.
    pub(crate) fn is_abandoned(&self, id: Id) -> bool {
        matches!(self.hooks.get(id), Some(HookState::Ended { outcome: Outcome::TimedOut { abandoned: true }, .. }))
    }

    /// Returns whether the hook's future must be dropped: its cancellation was requested, or the hook was abandoned.
    pub(crate) fn is_cancelled(&self, id: Id) -> bool {
        // A hook that does not run any more was abandoned in its first poll.
        self.running_state(id).is_none_or(|running| running.cancelled.is_some())
    }

    fn running_state(&self, id: Id) -> Option<Running> {
        match self.hooks.get(id) {
            Some(HookState::Running(running)) => Some(*running),
            _ => None,
        }
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }
}
