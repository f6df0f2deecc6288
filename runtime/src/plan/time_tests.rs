//! Tests whether plans fit, with thousands of random plans and some small ones.

use std::sync::Arc;

use super::*;
use crate::hook::{Body, DEFAULT_TIMEOUT, OnceBody};
use crate::plan::budget::DEFAULT_GRACE_PERIOD;
use crate::plan::random::Random;
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
    let mut plan = Plan::new(Vec::new(), budget, delay).expect("no hook is after another");
    for (phase, priority, timeout) in hooks {
        plan.add(hook(*phase, *priority, timeout.map(ms)), &[]);
    }
    plan
}

/// Returns the maximum time of each hook in the worst case, in milliseconds.
fn limits(plan: &Plan) -> Vec<u128> {
    timing::worst_case_limits(plan).into_iter().map(|(_, limit)| limit.as_millis()).collect()
}

impl Random {
    /// Creates a plan that install accepts: the delay leaves time for hooks.
    fn plan(&mut self) -> Plan {
        let grace = ms(100 + self.below(40_000));
        let budget = Budget::choose(Some(grace), None, None).expect("a valid grace period");
        let longest = u64::try_from(budget.longest_drain_delay().as_micros()).expect("a few seconds");
        let delay = Duration::from_micros(match self.below(4) {
            0 => self.below(longest + 1),
            1 => longest,
            _ => 0,
        });
        let longest_timeout = self.pick(&[50, 1000, 3000, 10_000, 100_000_000_000]);
        let mut plan = Plan::new(Vec::new(), budget, delay).expect("no hook is after another");
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
    let mut fitting = 0;
    for seed in 0..20_000_u64 {
        let plan = Random::new(seed).plan();
        let (worst, usable) = (plan.worst_case(), plan.budget().usable());
        let cuts = timing::cuts(&plan);
        assert_eq!(plan.fits(), cuts.is_empty(), "seed {seed}\n{plan}");
        assert_eq!(plan.fits(), worst <= usable, "seed {seed}: {worst:?} of {usable:?}, {cuts:?}\n{plan}");
        let sentence = shortfall::describe(&plan);
        assert_eq!(plan.fits(), sentence.is_none(), "seed {seed}: {sentence:?}");
        if let Some(sentence) = sentence {
            assert!(says_a_larger_number(&sentence, worst, usable), "seed {seed}: {sentence}");
        }
        fitting += u32::from(plan.fits());
    }
    assert!((4000..16_000).contains(&fitting), "both kinds are tested: {fitting} fit");
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
    let cuts: Vec<_> = timing::cuts(&over).into_iter().map(|(hook, limit)| (hook.phase, limit)).collect();
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
