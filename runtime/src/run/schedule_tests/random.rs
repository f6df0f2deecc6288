//! Tests thousands of random plans. A reference model, as simple as possible, predicts each hook's start, end and
//! outcome.

use std::cmp::Reverse;

use arbitrary_input::{Random, seeds};

use super::*;
use crate::plan::timing::Timing;
use crate::report::SkipReason;

trait RandomHook {
    fn hook(&mut self) -> FakeHook;
}

impl RandomHook for Random {
    fn hook(&mut self) -> FakeHook {
        let timeout = 100 + 10 * self.below(300);
        // The first poll ends long before the time limit, a moment after it, or long after it; never at the very moment.
        let first_poll = (timeout - 10 + 10 * self.below(4)).saturating_sub(5);
        FakeHook {
            phase: self.pick(&Phase::ALL),
            priority: self.pick(&[-1, 0, 0, 7]),
            timeout: ms(timeout),
            takes: ms(1 + self.below(4000)),
            behavior: self.pick(&[
                Behavior::Completes,
                Behavior::Completes,
                Behavior::Completes,
                Behavior::Completes,
                Behavior::Fails,
                Behavior::Panics,
                Behavior::Awaits,
                Behavior::BlocksInPoll,
                Behavior::BlocksFirst(first_poll),
                Behavior::BlocksInDrop,
                Behavior::Blocks,
            ]),
        }
    }
}

/// How many random plans each test runs. A hundred of them find each of the faults that were found so far.
const SEEDS: u64 = 2000;

type Key = (Phase, Reverse<i32>);

fn key(hook: &FakeHook) -> Key {
    (hook.phase, Reverse(hook.priority))
}

#[derive(Debug)]
struct Case {
    hooks: Vec<FakeHook>,
    after: Vec<Vec<usize>>,
    delay: Duration,
    /// Hooks that are registered during the shutdown, in the order of their times.
    late: Vec<(Duration, FakeHook)>,
    /// The amount of work in flight from each time on, in the order of time. Zero at the end.
    work: Vec<(Duration, usize)>,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let hooks: Vec<FakeHook> = (0..random.below(13)).map(|_| random.hook()).collect();
        let mut after = vec![Vec::new(); hooks.len()];
        for (later, waits) in after.iter_mut().enumerate() {
            for earlier in 0..later {
                let fits = hooks.get(earlier).map(key) <= hooks.get(later).map(key);
                if fits && random.below(4) == 0 {
                    waits.push(earlier);
                }
            }
        }
        let delay = ms(random.pick(&[0, 0, 1, 250, 3000]));
        let mut late: Vec<_> =
            (0..random.pick(&[0, 0, 1, 4])).map(|_| (ms(random.below(6000)), random.hook())).collect();
        late.sort_by_key(|(at, _)| *at);
        let mut work: Vec<_> =
            (0..random.pick(&[0, 0, 2, 8])).map(|count| (ms(random.below(8000)), count % 3)).collect();
        work.extend((!work.is_empty()).then_some((ms(8000), 0)));
        work.sort_by_key(|(at, _)| *at);
        Self { hooks, after, delay, late, work }
    }

    fn harness(&self, grace: Duration) -> Harness {
        let harness = Harness::new(self.hooks.clone(), &self.after, grace, self.delay);
        let harness =
            self.work.iter().fold(harness, |harness, (at, count)| harness.input(*at, Input::InFlight(*count)));
        self.late.iter().fold(harness, |harness, (at, hook)| harness.input(*at, Input::Register(*hook, Vec::new())))
    }
}

/// Returns how long a hook with enough time holds its group up, and its outcome.
fn expected(hook: &FakeHook) -> (Duration, Outcome) {
    let cancelled = Outcome::TimedOut { abandoned: false };
    let abandoned = Outcome::TimedOut { abandoned: true };
    let by_poll_grace = hook.timeout + ms(10);
    match hook.behavior {
        Behavior::Completes | Behavior::Fails | Behavior::Panics if hook.takes > hook.timeout => {
            (hook.timeout, cancelled)
        }
        Behavior::Completes => (hook.takes, Outcome::Completed),
        Behavior::Fails => (hook.takes, Outcome::Failed("no".into())),
        Behavior::Panics => (hook.takes, Outcome::Panicked("no".to_owned())),
        Behavior::Awaits => (hook.timeout, cancelled),
        Behavior::Blocks => (hook.timeout, abandoned),
        Behavior::BlocksFirst(first_poll) if ms(first_poll) < by_poll_grace => {
            (hook.timeout.max(ms(first_poll)), cancelled)
        }
        Behavior::BlocksInPoll | Behavior::BlocksFirst(_) => (by_poll_grace, abandoned),
        Behavior::BlocksInDrop => (hook.timeout + ms(250), abandoned),
    }
}

/// A hook's start and outcome; `None` for a hook that came too late.
type Seen = Option<(Option<Duration>, Outcome)>;

/// The reference model: group after group. In a group, each hook starts as soon as the hooks that it is after have
/// ended.
struct Model<'a> {
    case: &'a Case,
    now: Duration,
    ends: Vec<Duration>,
    seen: Vec<Seen>,
    /// The numbers of the late hooks that are not registered yet.
    to_come: Vec<usize>,
    /// Hooks that are registered and whose group was not opened.
    waiting: Vec<usize>,
}

impl Model<'_> {
    fn hook(&self, number: usize) -> FakeHook {
        let late = number.checked_sub(self.case.hooks.len());
        late.map_or_else(|| self.case.hooks[number], |late| self.case.late[late].1)
    }

    /// Runs one hook from this time on, and returns its end.
    fn run(&mut self, number: usize, start: Duration) -> Duration {
        let (takes, outcome) = expected(&self.hook(number));
        self.ends[number] = start + takes;
        self.seen[number] = Some((Some(start), outcome));
        start + takes
    }

    /// The hooks that come before `end`, while this is the latest group: too late, at once, or for later. What runs at
    /// once moves the end. What comes at the end itself comes after what happens then.
    fn let_come(&mut self, latest: Option<Key>, phase: Phase, mut end: Duration) -> Duration {
        while let Some(number) = self.to_come.first().copied() {
            let at = self.case.late[number - self.case.hooks.len()].0;
            if at >= end {
                break;
            }
            self.to_come.remove(0);
            let hook = self.hook(number);
            if hook.phase < phase {
                continue;
            }
            if hook.phase == phase && Some(key(&hook)) <= latest {
                end = end.max(self.run(number, at));
            } else {
                self.waiting.push(number);
            }
        }
        end
    }

    /// Runs the groups of this phase.
    fn run_phase(&mut self, latest: &mut Option<Key>, phase: Phase) {
        loop {
            let next = self.waiting.iter().map(|number| key(&self.hook(*number))).filter(|key| key.0 == phase).min();
            let Some(group) = next else { return };
            *latest = Some(group);
            let (members, others) =
                std::mem::take(&mut self.waiting).into_iter().partition(|number| key(&self.hook(*number)) == group);
            self.waiting = others;
            let members: Vec<usize> = members;
            let mut end = self.now;
            for number in members {
                let after = self.case.after.get(number).cloned().unwrap_or_default();
                let lost = |earlier: &usize| {
                    let seen = &self.seen[*earlier];
                    matches!(seen, Some((_, Outcome::TimedOut { abandoned: true } | Outcome::Skipped(_))))
                };
                if after.iter().any(lost) {
                    self.seen[number] = Some((None, Outcome::Skipped(SkipReason::CutShort)));
                    continue;
                }
                let start = after.iter().map(|earlier| self.ends[*earlier]).max().unwrap_or_default().max(self.now);
                end = end.max(self.run(number, start));
            }
            self.now = self.let_come(*latest, phase, end);
        }
    }

    /// Lets time pass without an open group, until this time or until hooks that are registered meanwhile have ended.
    fn pass(&mut self, latest: &mut Option<Key>, phase: Phase, until: Duration) {
        while self.now < until {
            let at = self.to_come.first().map(|number| self.case.late[*number - self.case.hooks.len()].0);
            match at.filter(|at| *at < until) {
                Some(at) => {
                    self.now = self.now.max(at);
                    let number = self.to_come.remove(0);
                    let hook = self.hook(number);
                    match hook.phase {
                        passed if passed < phase => {}
                        same if same == phase && Some(key(&hook)) <= *latest => {
                            let end = self.run(number, at);
                            self.now = self.let_come(*latest, phase, end);
                        }
                        _ => self.waiting.push(number),
                    }
                    self.run_phase(latest, phase);
                }
                None => self.now = until,
            }
        }
    }

    /// Returns when nothing is in flight for the first time from now on. A change at this moment counts after it.
    fn idle_at(&self) -> Duration {
        let before = self.case.work.iter().rev().find(|(at, _)| *at < self.now).map_or(0, |(_, count)| *count);
        let idle = self.case.work.iter().find(|(at, count)| *at >= self.now && *count == 0);
        if before == 0 { self.now } else { idle.map_or(self.now, |(at, _)| *at) }
    }

    fn play(&mut self) {
        let mut latest = None;
        self.run_phase(&mut latest, Phase::Deregister);
        self.pass(&mut latest, Phase::Deregister, self.case.delay);
        self.run_phase(&mut latest, Phase::Drain);
        loop {
            let idle = self.idle_at();
            if idle == self.now {
                break;
            }
            self.pass(&mut latest, Phase::Drain, idle);
        }
        for phase in Phase::ALL.into_iter().skip(2) {
            self.run_phase(&mut latest, phase);
        }
    }
}

fn predict(case: &Case) -> Vec<Seen> {
    let (first, all) = (case.hooks.len(), case.hooks.len() + case.late.len());
    let mut model = Model {
        case,
        now: Duration::ZERO,
        ends: vec![Duration::ZERO; all],
        seen: vec![None; all],
        to_come: (first..all).collect(),
        waiting: (0..first).collect(),
    };
    model.play();
    model.seen
}

/// Returns the start and the outcome of each hook, by its number. Late hooks that were accepted have the next numbers.
fn seen(played: &Played, case: &Case, predicted: &[Seen]) -> Vec<Seen> {
    let report = played.report();
    let mut taken = case.hooks.len();
    let found = |name: usize| {
        let hook = report.hook(&format!("h{name}")).expect("every hook is in the report");
        let outcome = match &hook.outcome {
            Outcome::Skipped(_) => Outcome::Skipped(SkipReason::CutShort),
            other => other.clone(),
        };
        Some((hook.start, outcome))
    };
    let mut seen: Vec<Seen> = (0..case.hooks.len()).map(found).collect();
    for late in &predicted[case.hooks.len()..] {
        seen.push(late.is_some().then_some(()).and_then(|()| found(taken)));
        taken += usize::from(late.is_some());
    }
    assert_eq!(played.hooks.len(), taken, "as many late hooks are taken as the model predicts\n{report}{case:#?}");
    seen
}

#[test]
fn spec_3_7_order_and_outcome_are_as_a_simple_model_predicts() {
    for seed in seeds(SEEDS) {
        let case = Case::new(seed);
        let played = case.harness(ms(600_000)).play_to_end();
        let predicted = predict(&case);
        assert_eq!(seen(&played, &case, &predicted), predicted, "seed {seed}\n{}{case:#?}", played.report());
    }
}

#[test]
fn spec_3_11_and_3_12_however_short_the_time_no_hook_starves_and_none_runs_beyond_its_phase() {
    for seed in seeds(SEEDS) {
        let case = Case::new(seed);
        let grace = ms(3500 + 37 * (seed % 500));
        let harness = case.harness(grace);
        let budget = harness.plan.budget();
        let played = harness.play_to_end();
        let report = played.report();
        // The simulation looks for overdue hooks once in a millisecond.
        assert!(report.duration <= budget.usable() + ms(1), "seed {seed}: too long\n{report}");
        let reserved = report.hooks.iter().any(|hook| Timing::is_reserved(hook.phase));
        let slice = budget.usable() - budget.flush_slice();
        for hook in &report.hooks {
            let end = hook.start.unwrap_or_default() + hook.duration;
            let limit = if reserved && !Timing::is_reserved(hook.phase) { slice } else { budget.usable() };
            let came_late = case.late.iter().any(|(at, _)| *at >= slice.saturating_sub(ms(300)));
            // The hook was cancelled at one look and abandoned at another, each up to a millisecond late.
            assert!(end <= limit + ms(2) || came_late, "seed {seed}: {} runs beyond its phase\n{report}", hook.name);
        }
        let delay_left = budget.usable().saturating_sub(case.delay).saturating_sub(budget.flush_slice());
        for number in (0..case.hooks.len()).filter(|_| delay_left > ms(100)) {
            let hook = report.hook(&format!("h{number}")).expect("every hook is in the report");
            let is_starved = matches!(hook.outcome, Outcome::Skipped(SkipReason::NoTimeLeft | SkipReason::CutShort));
            assert!(!is_starved, "seed {seed}: {} was starved\n{report}{case:#?}", hook.name);
        }
    }
}

#[test]
fn spec_3_19_no_sequence_of_signals_keeps_a_shutdown_from_its_end() {
    for seed in seeds(SEEDS) {
        let case = Case::new(seed);
        let mut random = Random::new(seed);
        let mut harness = case.harness(ms(20_000));
        let mut interrupts = Vec::new();
        for _ in 0..random.below(6) {
            let signal = random.pick(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
            let at = ms(random.below(9000));
            interrupts.extend((signal == Signal::SIGINT).then_some(at));
            harness = harness.signal(at, signal);
        }
        let usable = harness.plan.budget().usable();
        let report = harness.play();
        assert!(report.duration <= usable, "seed {seed}\n{report}");
        // Two signals count: the first makes the shutdown fast, and the second forces its end if it is not over before.
        // A signal at the moment of the end comes after the end.
        let counted: Vec<&Duration> =
            interrupts.iter().filter(|at| **at >= ms(1000) && **at <= report.duration).collect();
        let ended_then = counted.iter().filter(|at| ***at == report.duration).count();
        let is_forced = report.forced.is_some();
        assert!(is_forced == (counted.len() >= 2) || ended_then > 0, "seed {seed}: {interrupts:?}\n{report}");
    }
}

#[test]
fn spec_3_3_hooks_that_came_and_went_leave_the_plan_as_it_was() {
    for seed in seeds(500) {
        let case = Case::new(seed);
        let mut plan = case.harness(ms(60_000)).plan;
        let before = format!("{:?}", plan.requested_time());
        let come: Vec<HookRef> =
            (0..20).map(|at| Case::new(seed + 1).hooks.first().unwrap_or(&HOOK).hook(at)).collect();
        let ids: Vec<_> = come.iter().map(|hook| plan.add(hook.clone(), &[])).collect();
        ids.into_iter().rev().for_each(|id| plan.remove(id));
        assert_eq!(format!("{:?}", plan.requested_time()), before, "seed {seed}");
        assert_eq!(plan.hooks().count(), case.hooks.len(), "seed {seed}");
    }
}
