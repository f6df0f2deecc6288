//! Tests hooks made at run time: they run in the same order as annotated hooks, and only the program removes them, itself
//! or by a guard.

use process::{Ended, Program, Signal};

fn stopped(program: Program) -> Ended {
    let mut program = program.start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

#[test]
fn spec_3_3_hooks_made_at_run_time_obey_the_same_order() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_registered")));
    ended.assert_order(&["ready", "early 7", "held 6", "annotated 5", "between 4", "last -1"]);
    ended.assert_code(70).assert_err("failed: no disk (tests/state/src/bin/registered.rs:");
    ended.assert_out("error: the timeout of `zero` is zero");
}

#[test]
fn spec_3_3_a_dropped_registration_keeps_its_hook_and_a_dropped_guard_removes_it() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_registered")));
    // In addition to the 192: two annotated hooks, and five that the program registers one by one.
    ended.assert_out("192 are to run").assert_out("the plan has 199 hooks").assert_out("ran 192");
    assert!(ended.out.iter().all(|line| !line.contains("must not be seen")), "{ended}");
}

#[test]
fn spec_3_3_a_hook_made_during_the_shutdown_runs_if_its_phase_has_not_passed() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_late")));
    ended.assert_code(0).assert_order(&[
        "ready",
        "deregister 0 ran, made in deregister",
        "drain 3 ran, made in deregister",
    ]);
    ended.assert_order(&["stop 5 ran, made in stop", "close 0 ran, made in stop", "finalize 0 ran, made in nested"]);
    ended.assert_order(&["stop -5 ran, made in stop", "close 0 ran, made in stop"]);
    let too_late = |name: &str, phase: &str| {
        format!(
            "hook `{name}` was registered too late: the phase `{phase}` is over; do its work now, or register it for a later phase"
        )
    };
    ended.assert_out(&format!("stop: {}", too_late("drain 4", "drain")));
    ended.assert_out(&format!("close: {}", too_late("stop 0", "stop")));
    assert!(ended.out.iter().all(|line| !line.contains("must not be seen")), "{ended}");
}

#[test]
fn spec_3_3_registrations_that_come_and_go_all_the_time_disturb_no_other_hook() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_late")).arg("hammer"));
    ended.assert_code(0).assert_out("finalize 0 ran, made in nested");
}

#[test]
fn spec_3_5_hooks_made_at_run_time_wait_for_others_by_handle_and_by_path() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_after")));
    ended.assert_order(&["ready", "write_orders", "after the orders", "after both"]);
    ended.assert_order(&["deregistered", "stopped", "not waiting for the removed one"]);
    ended.assert_order(&["deregistered", "stopped", "after the failed one"]);
    assert!(ended.out.iter().all(|line| line != "removed"), "{ended}");
    let skipped = "skipped: it is after abandoned, which was abandoned";
    assert_eq!(ended.err.iter().filter(|line| line.contains(skipped)).count(), 2, "{ended}");
    assert!(ended.out.iter().all(|line| !line.contains("must not be seen")), "{ended}");
    ended.assert_code(124);
}

#[test]
fn spec_3_5_an_after_that_the_order_contradicts_is_an_error_that_names_both() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_after")));
    for (hook, turn, earlier) in
        [("too early", "phase drain, priority 0", "write_orders"), ("too high", "phase stop, priority 1", "stopped")]
    {
        let error = format!("error: {hook} (tests/state/src/bin/after.rs:");
        let line = ended.out.iter().find(|line| line.starts_with(&error));
        let line = line.unwrap_or_else(|| panic!("no `{error}`\n{ended}"));
        assert!(line.contains(&format!("{turn}) is `after` {earlier} (tests/state/src/bin/after.rs:")), "{line}");
    }
}
