//! Tests that the end of `main` waits for the shutdown, in programs that install by `Settings::install`.

use std::time::Duration;

use process::{Ended, Program, Signal};

fn program(how: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_install_guard")).arg(how)
}

/// Runs a program that ends by itself.
fn ends(how: &str) -> Ended {
    program(how).run()
}

fn stop(program: Program) -> Ended {
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    running.wait()
}

#[test]
fn spec_3_28_the_end_of_main_runs_the_hooks_and_waits_for_them() {
    let ended = ends("returns");
    ended.assert_code(0).assert_order(&["value dropped", "stopped", "closed"]);
    ended.assert_err("report: main returned; 2 completed");
}

#[test]
fn spec_3_28_a_main_that_fails_has_its_error_printed_after_the_hooks() {
    let ended = ends("fails");
    ended.assert_code(1).assert_order(&["stopped", "closed"]).assert_err("Error: \"the port is taken\"");
}

#[test]
fn spec_3_28_a_main_that_panics_waits_for_the_hooks() {
    let ended = ends("panics");
    ended.assert_code(101).assert_order(&["stopped", "closed"]);
    ended.assert_err("no such luck").assert_err("report: main panicked");
}

#[test]
fn spec_3_28_the_clean_up_at_the_end_of_main_is_not_cut_off() {
    for how in ["cleans-up", "cleans-up-atexit"] {
        let ended = stop(program(how));
        ended.assert_code(0).assert_order(&["saved", "stopped", "closed"]).assert_err("report: SIGTERM");
    }
}

#[test]
fn spec_3_28_main_continues_after_the_drop_of_its_guard() {
    let ended = stop(program("cleans-up-after-the-guard"));
    ended.assert_code(1).assert_order(&["stopped", "closed", "saved"]).assert_err("the last save was lost");
}

#[test]
fn spec_3_28_the_tasks_of_a_current_thread_runtime_run_while_main_ends() {
    for how in ["ends-async", "ends-async-atexit"] {
        ends(how).assert_code(0).assert_order(&["the task answered", "closed", "the report has 3 hooks"]);
    }
}

#[test]
fn spec_3_25_a_failed_hook_makes_the_exit_code_of_a_main_that_returns() {
    for how in ["returns", "fails", "cleans-up", "cleans-up-atexit"] {
        let program = program(how).arg("failing-hook");
        let ended = if how.starts_with("cleans-up") { stop(program) } else { program.run() };
        ended.assert_code(70).assert_order(&["stopped", "closed"]);
    }
    for how in ["ends-async", "ends-async-atexit"] {
        program(how).arg("failing-hook").run().assert_code(70).assert_order(&["the task answered", "closed"]);
    }
    program("fails").arg("failing-hook").run().assert_err("Error: \"the port is taken\"");
    program("panics").arg("failing-hook").run().assert_code(101).assert_err("report: main panicked");
}

/// musl and others do not call the destructors of the main thread's values in `exit`.
#[cfg(target_env = "gnu")]
#[test]
fn spec_3_28_the_end_of_the_main_thread_waits_where_the_guard_is_lost() {
    ends("forgets").assert_code(0).assert_order(&["stopped", "closed"]).assert_err("report: main returned");
    program("forgets").arg("failing-hook").run().assert_code(70).assert_order(&["stopped", "closed"]);
}

#[cfg(target_env = "gnu")]
#[test]
fn spec_3_28_an_exit_on_the_main_thread_waits_for_the_hooks_and_keeps_its_code() {
    ends("exits").assert_code(3).assert_order(&["stopped", "closed"]);
    stop(program("exits-after-serve")).assert_code(3).assert_order(&["stopped", "closed"]);
}

#[test]
fn spec_3_28_a_guard_that_another_thread_drops_ends_the_process_after_the_hooks() {
    ends("thread-drops").assert_code(0).assert_order(&["stopped", "closed"]);
    program("thread-drops").arg("failing-hook").run().assert_code(70);
}

#[test]
fn spec_3_14_a_main_that_hangs_after_its_guard_is_ended_before_the_deadline() {
    let mut running = program("hangs-after-the-guard").spawn();
    running.out_line("hangs");
    assert!(running.lives());
    running
        .wait()
        .assert_code(124)
        .assert_order(&["stopped", "closed", "hangs"])
        .assert_before(Duration::from_secs(60));
}

#[test]
fn spec_3_25_the_program_decides_on_its_exit_code_with_exit_mode_return() {
    ends("returns-code").assert_code(11).assert_order(&["stopped", "closed"]);
    program("returns-code").arg("failing-hook").run().assert_code(11);
}

#[test]
fn spec_3_25_with_exit_mode_atexit_the_guard_keeps_the_code_of_main_unless_a_hook_failed() {
    ends("returns-code-atexit").assert_code(11).assert_order(&["stopped", "closed"]);
    program("returns-code-atexit").arg("failing-hook").run().assert_code(70);
    program("panics-atexit").arg("failing-hook").run().assert_code(101).assert_err("report: main panicked");
}
