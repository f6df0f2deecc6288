//! Tests whether plans fit, with thousands of random plans and some small ones.

use std::sync::Arc;

use arbitrary_input::{Random, seeds};

use super::*;
use crate::hook::{Body, DEFAULT_TIMEOUT, OnceBody};
use crate::plan::budget::DEFAULT_GRACE_PERIOD;
use crate::plan::drain_delay::DrainDelay;
use crate::plan::shortfall;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Creates a hook with this timeout, or without one.
fn hook(phase: Phase, priority: i32, timeout: Option<Duration>) -> HookRef {
    HookRef::Registered(Arc::new(HookRecord {
        name: "hook".into(),
        module: "",
        file: "time_tests.rs",
        line: 1,
        package: "",
        version: "",
        phase,
        priority,
        timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
        timeout_is_default: timeout.is_none(),
        after: &[],
        body: Body::SyncOnce(OnceBody::new(|_| Ok(()))),
    }))
}

fn plan(grace: Duration, delay: Duration, hooks: &[(Phase, i32, Option<u64>)]) -> Plan {
    let budget = Budget::choose(Some(grace), None, None).expect("a valid grace period");
    let mut plan = Plan::new(Vec::new(), budget, DrainDelay::of_program(delay)).expect("no hook is after another");
    for (phase, priority, timeout) in hooks {
        plan.add(hook(*phase, *priority, timeout.map(ms)), &[]);
    }
    plan
}

/// Returns the maximum time of each hook in the worst case, in milliseconds.
fn limits(plan: &Plan) -> Vec<u128> {
    timing::worst_case(plan).limits.into_iter().map(|(_, limit)| limit.as_millis()).collect()
}

trait RandomPlan {
    /// Creates a plan that install accepts: the delay leaves time for hooks.
    fn plan(&mut self) -> Plan;
}

impl RandomPlan for Random {
    fn plan(&mut self) -> Plan {
        let grace = ms(100 + self.below(40_000));
        let budget = Budget::choose(Some(grace), None, None).expect("a valid grace period");
        let longest = u64::try_from(budget.longest_drain_delay().as_micros()).expect("a few seconds");
        let delay = Duration::from_micros(match self.below(4) {
            0 => self.below(longest + 1),
            1 => longest,
            _ => 0,
        });
        let left =
            u64::try_from(budget.longest_drain_delay().saturating_sub(delay).as_micros()).expect("a few seconds");
        let drain_time = match self.below(3) {
            0 => self.below(left + 1),
            1 => left,
            _ => 0,
        };
        let longest_timeout = self.pick(&[50, 1000, 3000, 10_000, 100_000_000_000]);
        let plan = Plan::new(Vec::new(), budget, DrainDelay::of_program(delay)).expect("no hook is after another");
        let mut plan = plan.with_min_drain_time(Duration::from_micros(drain_time));
        let mut earlier: Vec<HookRef> = Vec::new();
        for _ in 0..self.below(9) {
            let timeout = (self.below(3) > 0).then(|| Duration::from_micros(1 + self.below(longest_timeout * 1000)));
            let hook = hook(self.pick(&Phase::ALL), self.pick(&[-1, 0, 0, 7]), timeout);
            let may_wait = |other: &&HookRef| order::check(&hook, other).is_ok();
            let after: Vec<HookRef> = earlier.iter().filter(may_wait).filter(|_| self.below(4) == 0).cloned().collect();
            plan.add(hook.clone(), &after);
            earlier.push(hook);
        }
        plan
    }
}

#[test]
fn spec_3_13_a_plan_fits_exactly_if_no_hook_would_be_cut() {
    let (mut fitting, mut all) = (0, 0);
    for seed in seeds(20_000) {
        let plan = Random::new(seed).plan();
        let (worst, usable) = (plan.worst_case(), plan.budget().usable());
        let worst_case = timing::worst_case(&plan);
        let keeps_drain_time = worst_case.keeps_drain_time;
        let cuts = worst_case.cuts(&plan);
        assert_eq!(plan.fits(), cuts.is_empty() && keeps_drain_time, "seed {seed}\n{plan}");
        assert_eq!(plan.fits(), worst <= usable, "seed {seed}: {worst:?} of {usable:?}, {cuts:?}\n{plan}");
        let sentence = shortfall::describe(&plan);
        assert_eq!(plan.fits(), sentence.is_none(), "seed {seed}: {sentence:?}");
        if let Some(sentence) = sentence {
            assert!(says_a_larger_number(&sentence, worst, usable), "seed {seed}: {sentence}");
        }
        fitting += u64::from(plan.fits());
        all += 1;
    }
    assert!((all / 5..all * 4 / 5).contains(&fitting), "both kinds are tested: {fitting} of {all} fit");
}

/// Returns whether the sentence is true of the two numbers as it shows them.
fn says_a_larger_number(sentence: &str, worst: Duration, usable: Duration) -> bool {
    let (a, rest) = sentence
        .strip_prefix("the worst case of ")
        .unwrap_or_default()
        .split_once(" exceeds the usable time of ")
        .unwrap();
    let (b, _) = rest.split_once([';', '(']).unwrap();
    worst > usable && (a != b || rest.contains(" by "))
}

#[test]
fn spec_3_13_the_time_kept_for_flush_counts() {
    // Hooks may use 8.3 s; the last second of them is kept for `flush`.
    let stop_and_flush =
        |stop, flush| plan(ms(10_000), Duration::ZERO, &[(Phase::Stop, 0, Some(stop)), (Phase::Flush, 0, Some(flush))]);
    assert!(stop_and_flush(7300, 100).fits());
    let over = stop_and_flush(7400, 100);
    assert!(!over.fits());
    assert_eq!(over.worst_case(), ms(8400));
    let sentence = shortfall::describe(&over).unwrap_or_default();
    assert!(
        sentence
            .starts_with("the worst case of 8.4 s exceeds the usable time of 8.3 s (the last 1 s are kept for flush)"),
        "{sentence}"
    );
    assert!(stop_and_flush(4000, 4300).fits(), "flush may take more than its slice");
    // Without a hook in `flush`, no time is kept.
    assert!(plan(ms(10_000), Duration::ZERO, &[(Phase::Stop, 0, Some(8300))]).fits());
}

#[test]
fn spec_3_13_the_drain_delay_counts_in_the_plan_its_cuts_and_fits() {
    let with_delay =
        |delay| plan(ms(10_000), ms(delay), &[(Phase::Deregister, 0, Some(1000)), (Phase::Stop, 0, Some(5000))]);
    assert_eq!(with_delay(0).worst_case(), ms(6000));
    assert_eq!(with_delay(800).worst_case(), ms(6000), "deregister hooks run during the delay");
    assert_eq!(with_delay(3300).worst_case(), ms(8300));
    assert!(with_delay(3300).fits());
    let over = with_delay(3400);
    assert!(!over.fits());
    let cuts: Vec<_> =
        timing::worst_case(&over).cuts(&over).into_iter().map(|(hook, limit)| (hook.phase, limit)).collect();
    assert_eq!(cuts, [(Phase::Stop, ms(4900))]);
}

#[test]
fn spec_3_12_written_timeouts_come_first_and_hooks_without_one_share_the_rest() {
    use Phase::{Deregister, Drain, Flush, Stop};
    let grace = DEFAULT_GRACE_PERIOD;
    let plain =
        plan(grace, Duration::ZERO, &[(Deregister, 0, None), (Drain, 0, None), (Stop, 0, None), (Flush, 0, None)]);
    // 7.3 s for the three before `flush`.
    assert_eq!(limits(&plain), [2433, 2433, 2433, 1000]);
    assert!(plain.fits());
    let mixed = [
        (Deregister, 0, None),
        (Drain, 0, Some(3000)),
        (Drain, 0, None),
        (Stop, 0, Some(2000)),
        (Flush, 0, Some(2000)),
    ];
    let mixed = plan(grace, Duration::ZERO, &mixed);
    assert_eq!(limits(&mixed), [1147, 3000, 1147, 2000, 2000]);
    assert!(mixed.fits());
    // A hook without a timeout gets its whole 5 s if no other hook needs the time.
    assert_eq!(limits(&plan(grace, Duration::ZERO, &[(Drain, 0, None), (Stop, 0, Some(3000))])), [5000, 3000]);
}

#[test]
fn spec_3_13_many_hooks_without_a_timeout_are_named_when_their_shares_get_too_small() {
    let groups = |count: i32| (0..count).map(|priority| (Phase::Stop, priority, None)).collect::<Vec<_>>();
    assert!(plan(DEFAULT_GRACE_PERIOD, Duration::ZERO, &groups(10)).fits());
    let over = plan(DEFAULT_GRACE_PERIOD, Duration::ZERO, &groups(11));
    assert!(!over.fits());
    let sentence = shortfall::describe(&over).unwrap_or_default();
    assert!(sentence.contains("hook to 754 ms (no timeout set; needs at least 830 ms)"), "{sentence}");
}

#[test]
fn spec_3_22_the_plan_shows_the_time_of_a_hook_without_a_timeout_only_if_it_is_short() {
    let text = |seconds: u64| plan(ms(seconds * 1000), Duration::ZERO, &[(Phase::Stop, 0, None)]).to_string();
    assert!(text(5).contains("(no timeout set: 3.8 s in the worst case)"), "{}", text(5));
    assert!(!text(60).contains("no timeout set"), "{}", text(60));
}

#[test]
fn the_hooks_that_time_is_kept_for_are_in_the_order_in_which_they_run() {
    let mut plan = plan(DEFAULT_GRACE_PERIOD, Duration::ZERO, &[]);
    let (first, second) = (hook(Phase::Stop, 0, Some(ms(1000))), hook(Phase::Stop, 0, Some(ms(2000))));
    plan.add(first.clone(), &[]);
    plan.add(second, &[first]);
    let kept: Vec<u128> = plan.kept_time(None).into_iter().map(|kept| kept.time.as_millis()).collect();
    assert_eq!(kept, [1000, 2000]);
}

/// Returns until when work in flight is waited for, in milliseconds, and the hooks that the rest is kept for.
fn drain_limit(plan: &Plan) -> (u128, Vec<u128>) {
    let kept = plan.kept_time(None).into_iter().map(|kept| kept.time.as_millis());
    (plan.drain_limit().as_millis(), kept.collect())
}

#[test]
fn spec_3_8_work_in_flight_leaves_later_hooks_what_they_are_promised_and_no_more() {
    use Phase::{Close, Deregister, Drain, Finalize, Flush, Stop};
    let grace = DEFAULT_GRACE_PERIOD;
    let plan = |hooks: &[(Phase, i32, Option<u64>)]| plan(grace, Duration::ZERO, hooks);
    // 8.3 s are usable.
    assert_eq!(drain_limit(&plan(&[])), (8300, vec![]));
    // Hooks before draining, and hooks of the drain phase, leave nothing to keep.
    assert_eq!(drain_limit(&plan(&[(Deregister, 0, Some(9000)), (Drain, 0, Some(9000))])), (8300, vec![]));
    // A timeout that is written is kept, one of several hooks that run concurrently.
    assert_eq!(drain_limit(&plan(&[(Stop, 0, Some(2000)), (Stop, 0, Some(1000))])), (6300, vec![2000]));
    // A hook without a timeout is promised 830 ms, not the default of 5 s.
    assert_eq!(drain_limit(&plan(&[(Stop, 0, None), (Stop, 1, None)])), (6640, vec![830, 830]));
    // The slice of 1 s for `flush` and later.
    assert_eq!(drain_limit(&plan(&[(Flush, 0, Some(200)), (Finalize, 0, Some(300))])), (7300, vec![200, 300]));
    assert_eq!(drain_limit(&plan(&[(Flush, 0, Some(2000)), (Close, 0, Some(1000))])), (5300, vec![2000, 1000]));
    // At least half of the 7.3 s before the slice.
    assert_eq!(drain_limit(&plan(&[(Stop, 0, Some(60_000)), (Flush, 0, Some(100))])), (3650, vec![60_000, 100]));
}

#[test]
fn spec_3_8_the_time_that_is_kept_names_every_hook_of_the_longest_path() {
    let mut plan = plan(DEFAULT_GRACE_PERIOD, Duration::ZERO, &[]);
    let [first, second, third] = [300, 200, 400].map(|timeout| hook(Phase::Stop, 0, Some(ms(timeout))));
    plan.add(first.clone(), &[]);
    plan.add(third, &[]);
    plan.add(second, &[first]);
    assert_eq!(drain_limit(&plan), (7800, vec![300, 200]));
}

#[test]
fn a_minimum_drain_time_goes_before_later_hooks_and_counts_in_the_plan() {
    let hooks = [(Phase::Drain, 0, Some(500)), (Phase::Stop, 0, Some(4000)), (Phase::Close, 0, Some(1000))];
    let with_time = |time| plan(DEFAULT_GRACE_PERIOD, ms(300), &hooks).with_min_drain_time(ms(time));
    // 7.3 s less 4 s less 0.3 s of drain delay are 3 s; half of the 7 s is more.
    assert_eq!(drain_limit(&with_time(0)).0, 300 + 3500);
    assert_eq!(drain_limit(&with_time(3000)).0, 300 + 3500);
    assert_eq!(drain_limit(&with_time(6000)).0, 300 + 6000);
    assert_eq!([0, 3000, 6000].map(|time| with_time(time).worst_case()), [5800, 8300, 11_300].map(ms));
    assert_eq!([0, 3000, 3001].map(|time| with_time(time).fits()), [true, true, false]);
    let sentence = shortfall::describe(&with_time(6000)).unwrap_or_default();
    let said =
        "if every hook takes its whole timeout and work in flight takes the 6 s of `min_drain_time`, these hooks";
    assert!(sentence.contains(said), "{sentence}");
    // Hooks of `drain` run during that time. Hooks before it and after it share the rest.
    let drain = plan(DEFAULT_GRACE_PERIOD, Duration::ZERO, &[(Phase::Drain, 0, None), (Phase::Stop, 0, None)]);
    assert_eq!(limits(&drain.with_min_drain_time(ms(6000))), [4150, 2300]);
    let before = plan(DEFAULT_GRACE_PERIOD, Duration::ZERO, &[(Phase::Deregister, 0, None)]);
    assert_eq!(limits(&before.with_min_drain_time(ms(6000))), [2300]);
}

/// Work in flight may be waited for a moment longer than until its limit.
#[test]
fn spec_3_12_a_moment_that_is_missing_costs_a_written_timeout_no_more_than_its_share_of_it() {
    let written = Allotment { min: ms(50), max: ms(50) };
    let unset = Allotment { min: ms(300), max: ms(5000) };
    let group = written.or_longer(unset);
    for (granted, shares) in [(300, (50, 300)), (299, (49, 299)), (150, (25, 150))] {
        let share = |hook: Allotment| hook.part_of_group(ms(granted), group).as_millis();
        assert_eq!((share(written), share(unset)), shares, "{granted} ms");
    }
}

#[test]
fn a_maximum_drain_time_limits_work_in_flight_alone() {
    let hooks = [(Phase::Drain, 0, Some(3000)), (Phase::Stop, 0, Some(1000))];
    let with_time = |time: u64| plan(DEFAULT_GRACE_PERIOD, ms(300), &hooks).with_max_drain_time(Some(ms(time)));
    assert_eq!((with_time(2000).drain_limit(), with_time(2000).drain_time()), (ms(2300), ms(2000)));
    assert!(with_time(2000).to_string().contains("(work in flight is waited for until 2.3 s, by `max_drain_time`)"));
    // Another limit comes first: 8.3 s less 1 s.
    assert_eq!((with_time(7500).drain_limit(), with_time(7500).drain_time()), (ms(7300), ms(7000)));
    assert!(with_time(7500).to_string().contains("until 7.3 s; the rest is kept for "));
    assert_eq!(with_time(1).worst_case(), with_time(7500).worst_case());
    assert_eq!(limits(&with_time(1)), limits(&with_time(7500)), "hooks keep their time");
    assert_eq!([8299, 8300].map(|time| with_time(time).has_unused_max_drain_time()), [false, true]);
    let both = with_time(2000).with_min_drain_time(ms(1500)).to_string();
    assert!(both.contains("until 2.3 s, and for 1.5 s at least, by `max_drain_time`"), "{both}");
}
