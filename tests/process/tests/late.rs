//! Tests that the shutdown waits for late work and late hooks, and that they take no time from later groups.

use process::{Ended, Program, Signal};

fn stopped(scenario: &str) -> Ended {
    let mut program = Program::new(env!("CARGO_BIN_EXE_late_arrivals")).arg(scenario).start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

#[test]
fn spec_3_8_work_that_begins_while_the_drain_hooks_run_is_waited_for() {
    stopped("work").assert_code(0).assert_order(&["drain hook ended", "request ended", "stop began"]);
}

#[test]
fn spec_3_11_a_hook_that_joins_the_group_that_runs_takes_no_time_from_flush() {
    stopped("hook").assert_code(124).assert_out("flushed").assert_err("hangs").assert_err("timed out, abandoned");
}
