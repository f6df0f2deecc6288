//! Checks each row of the table of exit codes.

use super::*;
use crate::report::{SkipReason, sample};

fn report(outcomes: &[Outcome]) -> Report {
    Report { trigger: Trigger::Signal { signal: Signal::SIGTERM, sender: None }, ..sample::report(outcomes) }
}

#[test]
fn spec_3_25_the_gravest_wins_forced_then_own_then_124_then_70() {
    let completed = Outcome::Completed;
    let failed = Outcome::Failed("disk full".into());
    let panicked = Outcome::Panicked("boom".to_owned());
    let timed_out = Outcome::TimedOut { abandoned: false };
    let missing = Outcome::Skipped(SkipReason::MissingValue { type_name: "Pool".to_owned(), similar: None });
    let no_time = Outcome::Skipped(SkipReason::NoTimeLeft);
    assert_eq!(code(&report(&[]), false), 0);
    assert_eq!(code(&report(&[completed.clone(), missing.clone()]), false), 70);
    assert_eq!(code(&report(&[completed.clone(), missing, no_time.clone()]), false), 124);
    assert_eq!(code(&report(&[no_time]), false), 124);
    assert_eq!(code(&report(&[completed.clone(), failed.clone()]), false), 70);
    assert_eq!(code(&report(&[panicked]), false), 70);
    assert_eq!(code(&report(&[failed.clone(), timed_out]), false), 124);
    assert_eq!(code(&Report { deadline_exceeded: true, ..report(&[]) }, false), 124);
    let own = Report { program_exit: Some(ProgramExit::Requested(3)), deadline_exceeded: true, ..report(&[failed]) };
    assert_eq!(code(&own, false), 3);
    assert_eq!(code(&Report { forced: Some(Signal::SIGINT), ..own }, false), 130);
}

#[test]
fn spec_3_25_signal_exit_code_gives_128_plus_n_after_a_clean_signal_stop_only() {
    assert_eq!(code(&report(&[Outcome::Completed]), true), 143);
    assert_eq!(code(&report(&[Outcome::Failed("x".into())]), true), 70);
    assert_eq!(code(&Report { trigger: Trigger::MainReturned, ..report(&[]) }, true), 0);
}

#[test]
fn spec_3_25_a_report_that_is_a_success_has_the_code_0() {
    let all = [
        Outcome::Completed,
        Outcome::Failed("x".into()),
        Outcome::Panicked("x".to_owned()),
        Outcome::TimedOut { abandoned: false },
        Outcome::Skipped(SkipReason::MissingValue { type_name: "Pool".to_owned(), similar: None }),
        Outcome::Skipped(SkipReason::NoTimeLeft),
        Outcome::Skipped(SkipReason::CutShort),
        Outcome::Skipped(SkipReason::AfterAbandoned { hook: "x".to_owned() }),
    ];
    for outcome in all {
        let report = report(&[Outcome::Completed, outcome]);
        assert_eq!(report.is_success(), code(&report, false) == 0, "{report}");
    }
    let clean = report(&[Outcome::Completed]);
    let asked = |code| Report { program_exit: Some(ProgramExit::Requested(code)), ..clean.clone() };
    assert!(asked(0).is_success() && !asked(3).is_success());
    for program_exit in [ProgramExit::MainFailed, ProgramExit::MainPanicked] {
        assert!(!Report { program_exit: Some(program_exit), ..clean.clone() }.is_success());
    }
    assert!(!Report { deadline_exceeded: true, ..clean.clone() }.is_success());
    assert!(!Report { forced: Some(Signal::SIGINT), ..clean }.is_success());
    let guarded = report(&[Outcome::Completed, Outcome::Skipped(SkipReason::GuardDropped)]);
    assert!(!guarded.is_success() && code(&guarded, false) == 0, "the report names the hook, also with `quiet`");
    let hidden = report(&[Outcome::Failed("x".into())]);
    let hidden = Report { program_exit: Some(ProgramExit::Requested(0)), ..hidden };
    assert!(!hidden.is_success() && code(&hidden, false) == 0, "the program hides the failure from its exit code only");
}
