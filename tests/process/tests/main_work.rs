//! Tests that a `main` that cleans up after `draining()` is work in flight.

use process::{Ended, Program, Signal};

fn stop(main: &str) -> Ended {
    let mut program = Program::new(env!("CARGO_BIN_EXE_main_work")).arg(main).start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

#[test]
fn spec_3_28_the_drain_phase_waits_for_a_main_that_has_asked_when_to_stop() {
    for main in ["awaits", "awaits-current-thread", "polls", "serves"] {
        let ended = stop(main);
        ended.assert_code(0).assert_order(&["saved", "guard dropped", "stopped", "closed"]).assert_no_err("cut off");
    }
}

#[test]
fn spec_3_28_a_main_that_has_asked_before_is_waited_for_although_it_works_when_draining_begins() {
    stop("works").assert_code(0).assert_order(&["job done", "saved", "guard dropped", "stopped", "closed"]);
}

#[test]
fn spec_3_28_a_main_that_fails_during_the_shutdown_makes_the_exit_code() {
    let ended = stop("fails");
    ended.assert_code(1).assert_order(&["saved", "stopped", "closed"]).assert_err("the last save was lost");
}

#[test]
fn spec_3_28_a_main_that_does_not_end_is_named_in_the_report() {
    let ended = stop("hangs");
    ended.assert_code(124).assert_order(&["stopped", "closed"]);
    ended.assert_err("no longer waiting for main: 1 in flight").assert_err("tests/process/src/bin/main_work.rs:");
}

#[test]
fn spec_3_28_a_main_that_never_asks_is_not_waited_for() {
    stop("task-asks").assert_code(0).assert_order(&["stopped", "closed"]).assert_no_err("main: 1 in flight");
}

#[test]
fn spec_3_28_a_main_that_waits_for_the_shutdown_is_not_waited_for() {
    stop("waits").assert_code(0).assert_order(&["stopped", "closed", "exit code 0"]);
}
