//! Tests that each environment variable has its effect, or that one line at install says that it has none.

use process::{Ended, Program};

const DRAIN_DELAY: &str = "ON_SHUTDOWN_DRAIN_DELAY";
const GRACE_PERIOD: &str = "ON_SHUTDOWN_GRACE_PERIOD";
const HOOKS: &str = "ON_SHUTDOWN_HOOKS";
const REPORT: &str = "ON_SHUTDOWN_REPORT";

/// Runs a program that sets everything itself.
fn own_values(name: &str, value: &str) -> Ended {
    Program::new(env!("CARGO_BIN_EXE_own_values")).env(name, value).run()
}

fn without_hooks() -> Program {
    Program::new(env!("CARGO_BIN_EXE_without_hooks"))
}

/// Returns the lines of stderr that say that something has no effect.
fn warnings(ended: &Ended) -> Vec<&str> {
    ended.err.iter().map(String::as_str).filter(|line| line.contains("has no effect")).collect()
}

#[test]
fn spec_3_10_the_grace_period_of_the_operator_goes_before_that_of_the_program_and_both_are_named() {
    for (value, said) in [
        (
            "45s",
            "grace period 45 s (from ON_SHUTDOWN_GRACE_PERIOD, which goes before the 25 s of the program), \
             deadline 40 s after the trigger",
        ),
        ("7s", "grace period 7 s (from ON_SHUTDOWN_GRACE_PERIOD, which goes before the 25 s of the program), "),
        ("25s", "grace period 25 s (from ON_SHUTDOWN_GRACE_PERIOD), "),
        (" ", "grace period 25 s (set by the program), "),
    ] {
        let ended = own_values(GRACE_PERIOD, value);
        ended.assert_code(0).assert_err(said);
        assert_eq!(warnings(&ended), [""; 0], "{ended}");
    }
    // A wrong value is not skipped in favor of the program's.
    own_values(GRACE_PERIOD, "soon").assert_code(78).assert_err("`ON_SHUTDOWN_GRACE_PERIOD=soon` is not a duration: ");
    // The program's drain delay of 1 s leaves no time in so short a grace period.
    let refused = own_values(GRACE_PERIOD, "1s");
    refused.assert_code(78).assert_err("a drain delay of 1 s leaves no time for hooks");
    // A `grace_period` in the program would have no effect.
    refused.assert_err(" or a `ON_SHUTDOWN_GRACE_PERIOD` of at least 3 s").assert_no_err("`grace_period`");
}

#[test]
fn spec_3_10_the_program_goes_before_other_variables_and_the_variable_without_effect_is_named() {
    for (name, value, said) in [
        (
            DRAIN_DELAY,
            "0s",
            "`ON_SHUTDOWN_DRAIN_DELAY=0s` has no effect: the program sets its drain delay to 1 s; \
             remove `drain_delay` from the program, or unset the variable",
        ),
        (
            REPORT,
            "/no/such/folder/stop.txt",
            "`ON_SHUTDOWN_REPORT=/no/such/folder/stop.txt` has no effect: the program writes its report to own/report.txt",
        ),
        (
            HOOKS,
            "own_values::flush timeout=2s",
            "`ON_SHUTDOWN_HOOKS`: `timeout=2s` of `own_values::flush` has no effect: \
             the program sets 4 s; remove one of the two",
        ),
        (HOOKS, "own_values::flush priority=1", "`priority=1` of `own_values::flush` has no effect: "),
        (
            HOOKS,
            "own_values::close timeout=2s",
            "`timeout=2s` of `own_values::close` has no effect: the hook is disabled by the program's settings",
        ),
        (
            HOOKS,
            "own_values::flush timeout=4s disabled",
            "`timeout=4s` of `own_values::flush` has no effect: the hook is disabled by `ON_SHUTDOWN_HOOKS`",
        ),
        (HOOKS, " ; ", "`ON_SHUTDOWN_HOOKS= ; ` has no effect: it names no hook"),
    ] {
        let ended = own_values(name, value);
        ended.assert_code(0).assert_err(said).assert_err("grace period 25 s (set by the program)");
        assert_eq!(warnings(&ended).len(), 1, "{ended}");
        ended.assert_err("cannot write the report to ").assert_no_err("cannot write the report to /no/such/folder");
    }
}

#[test]
fn spec_3_10_a_variable_that_says_the_same_as_the_program_or_something_else_is_not_named() {
    for (name, value) in [
        (DRAIN_DELAY, "1000ms"),
        (REPORT, "own/report.txt"),
        (HOOKS, "own_values::flush timeout=4s priority=7; own_values::close disabled"),
        // The program sets other things of this hook.
        (HOOKS, "own_values::flush disabled"),
    ] {
        let ended = own_values(name, value);
        ended.assert_code(0);
        assert_eq!(warnings(&ended), [""; 0], "{ended}");
    }
    let plan = Program::new(env!("CARGO_BIN_EXE_own_values")).env("ON_SHUTDOWN", "plan");
    plan.env(HOOKS, "own_values::flush timeout=2s")
        .run()
        .assert_code(0)
        .assert_out("own_values::flush  within 4 s")
        .assert_out("note: `ON_SHUTDOWN_HOOKS`: `timeout=2s` of `own_values::flush` has no effect");
}

/// The folder does not exist, so that the program says to which file it would write.
#[test]
fn the_process_id_stands_for_its_placeholder_in_the_variable_and_in_the_setting() {
    let path = "/no/such/folder/{pid}/stop.{pid}.txt";
    for program in [without_hooks().env(REPORT, path), Program::new(env!("CARGO_BIN_EXE_own_values")).arg(path)] {
        let program = program.spawn();
        let pid = program.pid();
        let said = format!("cannot write the report to /no/such/folder/{pid}/stop.{pid}.txt: ");
        program.wait().assert_code(0).assert_err(&said);
    }
}

#[test]
fn spec_3_10_a_variable_that_contradicts_itself_is_named() {
    let ended = Program::new(env!("CARGO_BIN_EXE_every_default"))
        .env("ON_SHUTDOWN", "plan")
        .env(HOOKS, "every_default::flush timeout=2s; every_default::flush timeout=3s")
        .run();
    ended.assert_out("within 2 s").assert_out(
        "`timeout=3s` of `every_default::flush` has no effect: the variable sets 2 s; remove one of the two",
    );
}

#[test]
fn an_unknown_variable_is_one_line_that_names_the_one_that_was_meant() {
    let program = without_hooks()
        .env("ON_SHUTDOWN_GRACEPERIOD", "60s")
        .env("on_shutdown_hooks", "x disabled")
        .env("ON_SHUTDOWN_COLOR", "always")
        .env("ON_SHUTDOWN_BLANK", " ");
    let ended = program.run();
    ended.assert_code(0);
    let expected = [
        "on-shutdown: the environment variable `ON_SHUTDOWN_COLOR` is unknown and has no effect; the variables are \
         `ON_SHUTDOWN`, `ON_SHUTDOWN_GRACE_PERIOD`, `ON_SHUTDOWN_DRAIN_DELAY`, `ON_SHUTDOWN_HOOKS`, \
         `ON_SHUTDOWN_REPORT`, `ON_SHUTDOWN_FORMAT`",
        "on-shutdown: the environment variable `ON_SHUTDOWN_GRACEPERIOD` is unknown and has no effect; \
         did you mean `ON_SHUTDOWN_GRACE_PERIOD`?",
        "on-shutdown: the environment variable `on_shutdown_hooks` is unknown and has no effect; \
         did you mean `ON_SHUTDOWN_HOOKS`?",
    ];
    assert_eq!(warnings(&ended), expected, "{ended}");
}

#[test]
fn spec_3_2_a_start_without_hooks_says_what_to_check() {
    let ended = without_hooks().run();
    ended.assert_code(0).assert_err("0 hooks, on SIGTERM, SIGINT; grace period 10 s");
    ended.assert_err(
        "after the trigger; if a crate of this program has hooks, it is not linked: write `use that_crate as _;`, see \
         https://github.com/on-shutdown/on-shutdown/blob/main/docs/libraries.md#missing-hooks",
    );
    // A program that disables its hooks knows of them.
    let disabled = Program::new(env!("CARGO_BIN_EXE_own_values")).env(HOOKS, "own_values::flush disabled").run();
    disabled.assert_err("0 hooks (2 disabled), on SIGTERM").assert_no_err("use that_crate");
}

fn check(program: Program) -> Ended {
    program.env("ON_SHUTDOWN", "check").run()
}

#[test]
fn spec_3_22_check_prints_the_plan_and_runs_nothing() {
    let ended = check(Program::new(env!("CARGO_BIN_EXE_every_default")));
    ended.assert_code(0).assert_out("shutdown plan: 6 hooks, ").assert_out("every_default::flush ");
    assert_eq!(ended.err, [""; 0], "{ended}");
}

#[test]
fn spec_3_22_check_fails_for_every_warning() {
    let idle = || Program::new(env!("CARGO_BIN_EXE_idle"));
    for (program, note) in [
        (
            Program::new(env!("CARGO_BIN_EXE_over_budget")),
            "note: the worst case of 12.83 s exceeds the usable time of 8.3 s",
        ),
        (
            idle().env("ON_SHUTDOWN_GRACEPERIOD", "60s"),
            "note: the environment variable `ON_SHUTDOWN_GRACEPERIOD` is unknown",
        ),
        (
            Program::new(env!("CARGO_BIN_EXE_own_values")).env(DRAIN_DELAY, "60s"),
            "note: `ON_SHUTDOWN_DRAIN_DELAY=60s` has no effect",
        ),
    ] {
        let ended = check(program);
        ended.assert_code(78).assert_out("shutdown plan: ").assert_out(note);
        ended.assert_err("on-shutdown: `ON_SHUTDOWN=check` found 1 warning: exit code 78");
        assert!(!ended.out.iter().any(|line| line == "ready"), "{ended}");
    }
}

/// The program ignores the error of its install, and goes on.
#[test]
fn spec_3_22_check_fails_if_the_shutdown_cannot_be_installed() {
    let ended = check(Program::new(env!("CARGO_BIN_EXE_refused")).arg("long-delay"));
    ended.assert_code(78).assert_err("on-shutdown: a drain delay of 9 s leaves no time for hooks");
    assert_eq!(ended.out, [""; 0], "{ended}");
}
