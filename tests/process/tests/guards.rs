//! Tests that no drop of a registration or a guard loses a hook in silence.

use process::{Ended, Program, Signal};

fn stopped(how: &str) -> Ended {
    let mut program = Program::new(env!("CARGO_BIN_EXE_guarded")).arg(how).start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

fn ended(how: &str) -> Ended {
    Program::new(env!("CARGO_BIN_EXE_guarded")).arg(how).run()
}

const SKIPPED: &str = "skipped: its guard was dropped during the shutdown (tests/process/src/bin/guarded.rs:";

#[test]
fn spec_3_3_a_registration_that_drops_when_main_returns_keeps_its_hook() {
    stopped("registration-in-main").assert_code(0).assert_order(&["saved", "other"]).assert_err("; 2 completed in");
}

#[test]
fn spec_3_3_a_guard_that_drops_during_the_shutdown_leaves_a_line_with_the_location() {
    for how in ["guard-in-main", "guard-in-quiet-main"] {
        let ended = stopped(how);
        ended.assert_code(0).assert_out("other").assert_err("; 1 completed, 1 skipped in").assert_err(SKIPPED);
        assert!(!ended.out.iter().any(|line| line == "saved"), "{ended}");
    }
}

#[test]
fn spec_3_3_a_guard_that_drops_before_the_trigger_removes_its_hook() {
    let ended = ended("guard-before");
    ended.assert_code(0).assert_out("other").assert_err("; 1 completed in").assert_no_err("skipped");
    assert!(!ended.out.iter().any(|line| line == "saved"), "{ended}");
}

#[test]
fn spec_3_3_a_guard_that_drops_while_its_thread_panics_keeps_its_hook() {
    ended("main-panics").assert_code(101).assert_order(&["saved", "other"]).assert_err("; 2 completed in");
    ended("thread-panics").assert_code(0).assert_order(&["saved", "other"]).assert_err("; 2 completed in");
}

#[test]
fn spec_3_3_unregister_returns_whether_the_hook_was_removed_before_it_started() {
    let ended = ended("unregister");
    ended.assert_code(0).assert_order(&["started: false", "later: true", "other"]).assert_err("; 2 completed in");
    assert!(!ended.out.iter().any(|line| line == "saved"), "{ended}");
}

#[test]
fn spec_3_3_guards_that_drop_while_the_trigger_comes_remove_their_hooks_or_leave_a_line() {
    stopped("race").assert_code(0).assert_out("checked 400 guards");
}
