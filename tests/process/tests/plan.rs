//! Tests what a program prints about its plan at install, and how a plan runs that has too little time.

use process::{Ended, Program, Signal};

fn stopped(program: Program) -> Ended {
    let mut program = program.start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

/// Returns the lines of stderr before the trigger.
fn at_install(ended: &Ended) -> Vec<&str> {
    ended.err.iter().map(String::as_str).take_while(|line| !line.contains("hooks to run within")).collect()
}

#[test]
fn spec_3_13_a_plain_program_with_default_settings_says_one_line_at_install() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_every_default")));
    ended.assert_code(0);
    let said = at_install(&ended);
    assert!(matches!(said[..], [line] if line.contains("6 hooks, on SIGTERM, SIGINT")), "{ended}");
    let plan = Program::new(env!("CARGO_BIN_EXE_every_default")).env("ON_SHUTDOWN", "plan").run();
    plan.assert_code(0).assert_out("within 5 s");
    assert!(!plan.out.iter().any(|line| line.starts_with("note: ")), "{plan}");
}

#[test]
fn spec_3_13_written_timeouts_that_fit_come_before_hooks_without_one() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_mixed")));
    ended.assert_code(0);
    assert_eq!(at_install(&ended).len(), 1, "{ended}");
}

#[test]
fn spec_3_13_written_timeouts_that_exceed_the_budget_are_named_with_the_hooks_that_would_be_cut() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_over_budget")));
    ended.assert_code(0).assert_err("the worst case of 12.83 s exceeds the usable time of 8.3 s");
    ended.assert_err("stop_worker to 2.73 s of 6 s, close_pool to 3.28 s of 6 s");
    assert_eq!(at_install(&ended).len(), 2, "{ended}");
}

#[test]
fn spec_3_25_a_hook_that_is_skipped_for_lack_of_time_is_124() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_skipped")).arg("no-time"));
    ended.assert_code(124).assert_order(&["ready", "healthy ran"]).assert_err("skipped: no time was left");
    assert!(!ended.out.iter().any(|line| line == "late ran"), "{ended}");
}

#[test]
fn spec_3_25_a_hook_that_is_skipped_for_a_missing_value_is_70() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_skipped")).arg("no-value"));
    ended.assert_code(70).assert_order(&["ready", "healthy ran"]).assert_err("skipped: no `");
    assert!(!ended.out.iter().any(|line| line == "needs_a_value ran"), "{ended}");
}

/// The timeout of a hook is kept for it, although it then takes 60 ms of 4 s.
#[test]
fn spec_3_8_the_plan_and_the_report_say_until_when_and_for_whom_work_in_flight_is_waited_for() {
    let program = || Program::new(env!("CARGO_BIN_EXE_acknowledged"));
    let kept = "the rest is kept for acknowledged::close_pool (4 s), acknowledged::write_rows (830 ms)";
    let plan = program().env("ON_SHUTDOWN", "plan").run();
    plan.assert_code(0).assert_out(&format!("drain (work in flight is waited for until 3.65 s; {kept})"));
    let ended = stopped(program());
    ended.assert_code(124).assert_out("wrote 14 rows").assert_err("cut off  import: 1 in flight");
    ended.assert_err("  work in flight was waited for until +");
    ended.assert_err("; the rest was kept for acknowledged::close_pool (4 s), acknowledged::write_rows (830 ms)");
}

#[test]
fn spec_3_8_work_in_flight_has_the_minimum_drain_time() {
    let program = || Program::new(env!("CARGO_BIN_EXE_acknowledged")).arg("min-drain-time");
    let plan = program().env("ON_SHUTDOWN", "plan").run();
    plan.assert_code(0).assert_out("drain (work in flight is waited for until 5.8 s, and for 5.8 s at least; the rest");
    plan.assert_out("work in flight takes the 5.8 s of `min_drain_time`, these hooks are cut short: ");
    stopped(program()).assert_code(0).assert_out("wrote 21 rows").assert_no_err("cut off");
}

#[test]
fn spec_3_8_work_in_flight_is_cut_off_after_the_maximum_drain_time() {
    let program = || Program::new(env!("CARGO_BIN_EXE_acknowledged")).arg("max-drain-time");
    let plan = program().env("ON_SHUTDOWN", "plan").run();
    plan.assert_code(0).assert_out("drain (work in flight is waited for until 2.25 s, by `max_drain_time`)");
    let ended = stopped(program());
    ended.assert_code(124).assert_out("wrote 7 rows").assert_err("cut off  import: 1 in flight");
    ended
        .assert_err("  work in flight was waited for until +2.")
        .assert_err(", as the maximum drain time of 2.25 s was over");
}
