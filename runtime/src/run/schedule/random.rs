//! Thousands of random plans: a reference model, as simple as can be, predicts each hook's start, end and outcome.

use std::collections::BTreeSet;

use super::*;
use crate::plan::Plan;
use crate::report::SkipReason;

/// Marsaglia's xorshift: the same plans for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let at = usize::try_from(self.below(from.len() as u64)).expect("a small number");
        *from.get(at).expect("it is below the length")
    }
}

const DOES: [Does; 10] = [
    Does::Completes,
    Does::Completes,
    Does::Completes,
    Does::Completes,
    Does::Fails,
    Does::Panics,
    Does::Awaits,
    Does::BlocksInPoll,
    Does::BlocksInDrop,
    Does::Blocks,
];

struct Case {
    jobs: Vec<Job>,
    after: Vec<Vec<usize>>,
    delay: Duration,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let jobs: Vec<Job> = (0..dice.below(13))
            .map(|_| Job {
                phase: dice.pick(&Phase::ALL),
                priority: dice.pick(&[-1, 0, 0, 7]),
                timeout: ms(100 + 10 * dice.below(300)),
                takes: ms(1 + dice.below(4000)),
                does: dice.pick(&DOES),
            })
            .collect();
        let turn = |job: &Job| (job.phase, std::cmp::Reverse(job.priority));
        let mut after = vec![Vec::new(); jobs.len()];
        for (later, waits) in after.iter_mut().enumerate() {
            for earlier in 0..later {
                let fits = jobs.get(earlier).map(turn) <= jobs.get(later).map(turn);
                if fits && dice.below(4) == 0 {
                    waits.push(earlier);
                }
            }
        }
        let delay = dice.pick(&[0, 0, 1, 250, 3000]);
        Self { jobs, after, delay: ms(delay) }
    }

    fn world(&self, grace: Duration) -> World {
        World::new(self.jobs.clone(), &self.after, grace, self.delay)
    }
}

/// How long a hook with time enough holds its group up, and what is told of it.
fn expected(job: &Job) -> (Duration, Outcome) {
    let cancelled = Outcome::TimedOut { abandoned: false };
    let abandoned = Outcome::TimedOut { abandoned: true };
    match job.does {
        Does::Completes | Does::Fails | Does::Panics if job.takes > job.timeout => (job.timeout, cancelled),
        Does::Completes => (job.takes, Outcome::Completed),
        Does::Fails => (job.takes, Outcome::Failed("no".to_owned())),
        Does::Panics => (job.takes, Outcome::Panicked("no".to_owned())),
        Does::Awaits => (job.timeout, cancelled),
        Does::Blocks => (job.timeout, abandoned),
        Does::BlocksInPoll => (job.timeout + ms(10), abandoned),
        Does::BlocksInDrop => (job.timeout + ms(250), abandoned),
    }
}

/// The reference: group after group, and in a group each hook as soon as those that it is after have ended.
fn predict(case: &Case) -> Vec<(Option<Duration>, Outcome)> {
    let turn = |job: &Job| (job.phase, std::cmp::Reverse(job.priority));
    let turns: BTreeSet<_> = case.jobs.iter().map(turn).collect();
    let mut now = Duration::ZERO;
    let mut ends: Vec<Duration> = vec![Duration::ZERO; case.jobs.len()];
    let mut told: Vec<Option<(Option<Duration>, Outcome)>> = vec![None; case.jobs.len()];
    for group in turns {
        if group.0 != Phase::Announce {
            now = now.max(case.delay);
        }
        let begun = now;
        for (at, job) in case.jobs.iter().enumerate().filter(|(_, job)| turn(job) == group) {
            let lost = |earlier: &&usize| match &told[**earlier] {
                Some((_, Outcome::TimedOut { abandoned: true })) => true,
                Some((start, _)) => start.is_none(),
                None => false,
            };
            if case.after[at].iter().any(|earlier| lost(&earlier)) {
                told[at] = Some((None, Outcome::Skipped(SkipReason::CutShort)));
                continue;
            }
            let start = case.after[at].iter().map(|earlier| ends[*earlier]).max().unwrap_or_default().max(begun);
            let (takes, outcome) = expected(job);
            ends[at] = start + takes;
            now = now.max(ends[at]);
            told[at] = Some((Some(start), outcome));
        }
    }
    told.into_iter().map(|hook| hook.expect("every hook has a turn")).collect()
}

/// By job: the report is in the plan's order.
fn seen(report: &Report, jobs: usize) -> Vec<(Option<Duration>, Outcome)> {
    (0..jobs)
        .map(|job| {
            let name = format!("h{job}");
            let hook = report.hooks.iter().find(|hook| hook.name == name).expect("every hook is in the report");
            let outcome = match &hook.outcome {
                Outcome::Skipped(_) => Outcome::Skipped(SkipReason::CutShort),
                other => other.clone(),
            };
            (hook.start, outcome)
        })
        .collect()
}

#[test]
fn spec_3_7_order_and_outcome_are_as_a_simple_model_predicts() {
    for seed in 0..5000 {
        let case = Case::new(seed);
        let report = case.world(ms(600_000)).play();
        assert_eq!(seen(&report, case.jobs.len()), predict(&case), "seed {seed}\n{report}{:#?}", case.jobs);
    }
}

#[test]
fn spec_3_12_however_short_the_time_no_hook_starves_and_the_end_comes_in_time() {
    for seed in 0..5000 {
        let case = Case::new(seed);
        let grace = ms(3500 + 37 * (seed % 500));
        let world = case.world(grace);
        let budget = world.machine.plan().budget();
        let report = world.play();
        // The world looks at what is overdue once in a millisecond.
        assert!(report.duration <= budget.usable() + ms(1), "seed {seed}: too long\n{report}");
        let delay_left = budget.usable().saturating_sub(case.delay).saturating_sub(budget.flush_slice());
        for hook in report.hooks.iter().filter(|_| delay_left > ms(100)) {
            let cut_short = matches!(&hook.outcome, Outcome::Skipped(SkipReason::NoTimeLeft | SkipReason::CutShort));
            assert!(!cut_short, "seed {seed}: {} was starved\n{report}", hook.name);
        }
    }
}

#[test]
fn spec_3_19_no_sequence_of_signals_keeps_a_shutdown_from_its_end() {
    for seed in 0..5000 {
        let case = Case::new(seed);
        let mut dice = Dice(seed | 1);
        let mut world = case.world(ms(20_000));
        for _ in 0..dice.below(6) {
            let signal = dice.pick(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
            world = world.signal(ms(dice.below(9000)), signal);
        }
        let ints: Vec<Duration> =
            world.notes.iter().filter(|(_, note)| is_interrupt(note)).map(|(at, _)| *at).collect();
        let usable = world.machine.plan().budget().usable();
        let report = world.play();
        assert!(report.duration <= usable, "seed {seed}\n{report}");
        // Two that count: the first of them hurries, the second forces, if the shutdown is not over before.
        let counted: Vec<&Duration> = ints.iter().filter(|at| **at >= ms(1000) && **at <= report.duration).collect();
        assert_eq!(report.forced.is_some(), counted.len() >= 2, "seed {seed}: {ints:?}\n{report}");
    }
}

fn is_interrupt(note: &Note) -> bool {
    matches!(note, Note::Trigger(Trigger::Signal { signal, .. }) if *signal == Signal::SIGINT)
}

#[test]
fn spec_3_3_hooks_that_came_and_went_leave_the_plan_as_it_was() {
    for seed in 0..500 {
        let case = Case::new(seed);
        let world = case.world(ms(60_000));
        let mut machine = world.machine;
        let before = format!("{:?}", machine.plan().declared());
        let come: Vec<HookRef> = (0..20).map(|at| Case::new(seed + 1).jobs.first().unwrap_or(&JOB).hook(at)).collect();
        for hook in &come {
            assert!(machine.enrol(hook.clone(), &[], Duration::ZERO).is_ok());
        }
        come.iter().rev().for_each(|hook| machine.withdraw(hook, Duration::ZERO));
        let plan: &Plan = machine.plan();
        assert_eq!(format!("{:?}", plan.declared()), before, "seed {seed}");
        assert_eq!(plan.hooks().count(), case.jobs.len(), "seed {seed}");
    }
}
