//! Parses text that is almost right, as an operator writes it into a variable: no panic, no hang, and nothing that the
//! contract excludes.

use std::borrow::Cow;
use std::time::Duration;

use arbitrary_input::{DURATIONS, Random, seeds};

use crate::duration_text::{self, HumanDuration};
use crate::hook::{Body, HookRecord, HookRef, Phase};
use crate::plan::budget::Budget;
use crate::plan::overrides::Overrides;

/// How many texts each test parses, and more while `TESTS_FUZZ_SECONDS` asks for them.
const SEEDS: u64 = 20_000;

fn texts(samples: &[&str]) -> impl Iterator<Item = String> {
    seeds(SEEDS).map(move |seed| Random::new(seed).corrupt_text(samples))
}

#[test]
fn a_text_is_a_duration_or_an_error_that_says_what_to_write() {
    let (mut right, mut wrong) = (0, 0);
    for text in texts(&DURATIONS) {
        match duration_text::parse(&text) {
            Ok(duration) => {
                right += 1;
                assert_eq!(duration_text::parse(&format!("  {text}\n")), Ok(duration), "{text:?}");
            }
            Err(error) => {
                wrong += 1;
                assert!(error.contains("; write "), "{text:?}: {error}");
            }
        }
    }
    assert!(right > 1000 && wrong > 1000, "{right} are right, {wrong} are wrong");
}

#[test]
fn what_is_shown_of_a_long_duration_can_be_written() {
    for seed in seeds(SEEDS) {
        let mut random = Random::new(seed);
        let (seconds, nanos) = (random.below(u64::MAX) >> random.below(64), random.below(1_000_000_000));
        let duration = Duration::new(seconds, u32::try_from(nanos).expect("below a second"));
        let text = HumanDuration(duration).to_string();
        assert!(!text.is_empty());
        // Shorter ones have decimals, which no user has to write. Longer ones than a century have months, `M`.
        if (60..28 * 24 * 3600).contains(&seconds) {
            assert_eq!(duration_text::parse(&text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }
}

#[test]
fn spec_3_10_a_grace_period_is_within_its_limits_and_leaves_time_for_hooks() {
    for text in texts(&DURATIONS) {
        match Budget::choose(None, Some(&text), None) {
            Ok(budget) => {
                let grace_period = budget.grace_period();
                assert!((Budget::SHORTEST..=Budget::LONGEST).contains(&grace_period), "{text:?}: {grace_period:?}");
                assert!(budget.usable() > Duration::ZERO, "{text:?}");
                assert!(budget.usable() <= budget.total() && budget.total() < grace_period, "{text:?}");
            }
            Err(error) => assert!(error.to_string().contains("write "), "{text:?}: {error}"),
        }
    }
}

static FLUSH: HookRecord = HookRecord {
    name: Cow::Borrowed("flush"),
    module: "orders",
    file: "orders.rs",
    line: 1,
    package: "orders",
    version: "1.0.0",
    phase: Phase::Flush,
    priority: 0,
    timeout: Duration::from_secs(5),
    timeout_is_default: true,
    after: &[],
    body: Body::Sync(|_| Ok(Ok(()))),
};

#[test]
fn changes_of_hooks_are_applied_or_an_error_and_lose_no_hook() {
    let samples = [
        "orders::flush timeout=2s priority=5; orders::flush disabled",
        "orders::flush priority=-2147483648;",
        "orders::flush disabled",
        "orders::flush timeout=0s",
        "metrics::push timeout=1m30s",
    ];
    let (mut applied, mut refused) = (0, 0);
    for text in texts(&samples) {
        let mut overrides = Overrides::default();
        let result =
            overrides.parse(&text, &[FLUSH.full_name()]).and_then(|_| overrides.apply(vec![HookRef::Linked(&FLUSH)]));
        match result {
            Ok((kept, disabled)) => {
                applied += 1;
                assert_eq!(kept.len() + disabled.len(), 1, "{text:?}");
                assert!(kept.iter().all(|hook| !hook.timeout.is_zero()), "{text:?}");
            }
            Err(error) => {
                refused += 1;
                let error = error.to_string();
                assert!(error.contains("write ") || error.contains("the hooks are "), "{text:?}: {error}");
            }
        }
    }
    assert!(applied > 1000 && refused > 1000, "{applied} are applied, {refused} are refused");
}
