//! The table of exit codes, row by row.

use super::*;
use crate::report::{SkipReason, sample};

fn report(outcomes: &[Outcome]) -> Report {
    Report { trigger: Trigger::Signal { signal: Signal::SIGTERM, sender: None }, ..sample::report(outcomes) }
}

#[test]
fn spec_3_25_the_gravest_wins_forced_then_own_then_124_then_70() {
    let completed = Outcome::Completed;
    let failed = Outcome::Failed("disk full".to_owned());
    let panicked = Outcome::Panicked("boom".to_owned());
    let timed_out = Outcome::TimedOut { abandoned: false };
    let missing = Outcome::Skipped(SkipReason::MissingValue { type_name: "Pool".to_owned() });
    let no_time = Outcome::Skipped(SkipReason::NoTimeLeft);
    assert_eq!(code(&report(&[]), false), 0);
    assert_eq!(code(&report(&[completed.clone(), missing.clone()]), false), 70);
    assert_eq!(code(&report(&[completed.clone(), missing, no_time.clone()]), false), 124);
    assert_eq!(code(&report(&[no_time]), false), 124);
    assert_eq!(code(&report(&[completed.clone(), failed.clone()]), false), 70);
    assert_eq!(code(&report(&[panicked]), false), 70);
    assert_eq!(code(&report(&[failed.clone(), timed_out]), false), 124);
    assert_eq!(code(&Report { deadline_exceeded: true, ..report(&[]) }, false), 124);
    let own = Report { program_exit: Some(ProgramExit::Asked(3)), deadline_exceeded: true, ..report(&[failed]) };
    assert_eq!(code(&own, false), 3);
    assert_eq!(code(&Report { forced: Some(Signal::SIGINT), ..own }, false), 130);
}

#[test]
fn spec_3_25_conventional_gives_128_plus_n_after_a_clean_signal_stop_only() {
    assert_eq!(code(&report(&[Outcome::Completed]), true), 143);
    assert_eq!(code(&report(&[Outcome::Failed("x".to_owned())]), true), 70);
    assert_eq!(code(&Report { trigger: Trigger::MainReturned, ..report(&[]) }, true), 0);
}
