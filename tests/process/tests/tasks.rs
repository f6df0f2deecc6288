//! Tests that a task that fails, panics or ends too early starts the shutdown, and that the report names it.

use process::{Ended, Program, Running, Signal};

fn program(scenario: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_tasks")).arg(scenario)
}

/// Runs a program that ends by itself.
fn run(scenario: &str) -> Ended {
    program(scenario).run()
}

/// Stops a program that goes on until a signal.
fn stop(scenario: &str) -> Ended {
    stop_running(program(scenario).start())
}

fn stop_running(mut running: Running) -> Ended {
    running.signal(Signal::SIGTERM);
    running.wait()
}

/// Fails unless the first line and the report give this as the reason.
fn assert_reason(ended: &Ended, task: &str, reason: &str) {
    for headline in ["on-shutdown: ", "shutdown report: "] {
        let begin = format!("{headline}task {task} (tests/process/src/bin/tasks.rs:");
        let line = ended.err.iter().find(|line| line.starts_with(&begin)).unwrap_or_else(|| panic!("{begin}\n{ended}"));
        assert!(line.contains(reason), "{line}: {reason}\n{ended}");
    }
    ended.assert_order(&["stopped", "closed"]);
}

#[test]
fn a_task_that_fails_starts_the_shutdown_and_the_other_parts_drain() {
    let ended = run("fails");
    assert_reason(&ended, "consumer", ") failed: reading orders: connection reset;");
    ended.assert_code(1).assert_order(&["server drained", "stopped"]);
    ended.assert_err("the error of task consumer:").assert_err("    Caused by:");
}

#[test]
fn a_task_that_panics_starts_the_shutdown() {
    let ended = run("panics");
    assert_reason(&ended, "consumer", ") panicked: no such column;");
    ended.assert_code(101);
}

#[test]
fn a_task_that_ends_before_a_shutdown_is_a_failure() {
    let ended = run("ends");
    assert_reason(&ended, "consumer", ") ended unexpectedly;");
    ended.assert_code(1);
}

#[test]
fn a_task_that_may_end_ends_without_a_word() {
    stop("may-end").assert_code(0).assert_order(&["stopped", "closed"]).assert_no_err("task ");
}

#[test]
fn a_task_that_may_end_may_not_fail() {
    let ended = run("may-end-and-fails");
    assert_reason(&ended, "import", ") failed: \"no such file\";");
    ended.assert_code(1);
}

#[test]
fn the_first_of_several_failures_determines_the_exit_code_and_the_report_names_all() {
    let ended = run("several");
    assert_reason(&ended, "first", ") failed: \"1\";");
    ended.assert_code(1).assert_out("the handle got Err(\"1\")");
    let report = ended.err.iter().skip_while(|line| !line.starts_with("shutdown report: "));
    assert!(report.into_iter().any(|line| line.contains("task second (") && line.contains(") panicked: 2")), "{ended}");
}

#[test]
fn a_failure_during_a_shutdown_is_in_the_report_and_makes_the_exit_code() {
    for (scenario, code, text) in [("fails-while-draining", 1, "failed"), ("panics-while-draining", 101, "panicked")] {
        let ended = stop(scenario);
        ended.assert_code(code).assert_order(&["stopped", "closed"]).assert_err("shutdown report: SIGTERM");
        let lines = ended.err.iter().filter(|line| line.contains("task consumer (") && line.contains(text));
        assert_eq!(lines.count(), 2, "once when it happens, and once in the report\n{ended}");
    }
}

#[test]
fn a_task_that_ends_because_the_program_leaves_is_no_failure() {
    stop("ends-while-leaving").assert_code(0).assert_no_err("ended unexpectedly");
}

#[test]
fn a_task_that_requests_the_shutdown_and_ends_is_no_failure() {
    let ended = run("requests-and-ends");
    ended.assert_code(0).assert_order(&["stopped", "closed"]).assert_err("shutdown report: request: all is done;");
    ended.assert_no_err("ended unexpectedly");
}

#[test]
fn the_drain_phase_waits_for_a_task() {
    stop("takes-its-time").assert_code(0).assert_order(&["consumer done", "stopped", "closed"]);
}

#[test]
fn a_task_that_does_not_end_is_named_as_work_in_flight() {
    let ended = program("hangs").env("ON_SHUTDOWN_GRACE_PERIOD", "4s").start();
    let ended = stop_running(ended);
    ended.assert_code(124).assert_order(&["stopped", "closed"]);
    ended.assert_err("no longer waiting for consumer: 1 in flight").assert_err("tests/process/src/bin/tasks.rs:");
}

#[test]
fn the_report_collects_all_failures_and_the_work_that_did_not_end() {
    let ended = stop_running(program("collects").env("ON_SHUTDOWN_GRACE_PERIOD", "4s").start());
    // The first failure decides, and only the runtime knows which one that is.
    assert!(matches!(ended.code, Some(1 | 101)), "{ended}");
    ended
        .assert_order(&["stopped", "closed"])
        .assert_err("shutdown report: SIGTERM")
        .assert_err("endless: 1 in flight");
    let report: Vec<&String> = ended.err.iter().skip_while(|line| !line.starts_with("shutdown report: ")).collect();
    for text in ["task first (", "task second (", "task third ("] {
        assert!(report.iter().any(|line| line.contains(text)), "{text}\n{ended}");
    }
}

#[test]
fn a_task_that_is_spawned_while_the_program_drains_is_told_at_once_and_waited_for() {
    let ended = stop("spawns-late");
    ended.assert_code(0).assert_order(&["the late task was told at once", "the late task has ended", "stopped"]);
    ended.assert_order(&["the task of a sync hook has ended", "stopped", "closed"]);
}

#[test]
fn an_aborted_task_is_no_failure_and_not_in_flight() {
    let running = program("aborted").start();
    running.out_line("aborted: true");
    stop_running(running).assert_code(0).assert_order(&["stopped", "closed"]).assert_no_err("consumer");
}

#[test]
fn the_drain_phase_waits_for_blocking_work_and_for_threads() {
    let ended = stop("blocks");
    ended
        .assert_code(0)
        .assert_order(&["watcher done", "stopped", "closed"])
        .assert_order(&["encoder done", "stopped"]);
}

#[test]
fn blocking_work_and_threads_that_fail_start_the_shutdown() {
    let ended = run("blocking-fails");
    assert_reason(&ended, "encoder", ") failed: \"no such codec\";");
    ended.assert_code(1);
    let ended = run("thread-panics");
    assert_reason(&ended, "watcher", ") panicked: the disk is gone;");
    ended.assert_code(101);
}

#[test]
fn an_error_that_panics_in_debug_is_a_failure() {
    let ended = run("error-panics");
    assert_reason(&ended, "consumer", ") failed: its error panicked in `Debug`: no text;");
    ended.assert_code(1);
}

#[test]
fn a_thread_without_a_runtime_spawns_on_the_runtime_of_main() {
    let ended = run("from-a-thread");
    assert_reason(&ended, "consumer", ") failed: \"connection reset\";");
    ended.assert_code(1);
}

#[test]
fn a_local_task_without_a_runtime_spawns_on_the_runtime_of_main() {
    let ended = run("from-a-local-set");
    assert_reason(&ended, "consumer", ") failed: \"connection reset\";");
    ended.assert_code(1);
}

#[test]
fn a_spawn_without_any_runtime_says_what_to_write() {
    let ended = run("without-a-runtime");
    ended.assert_code(101).assert_order(&["stopped", "closed"]);
    // The panic is at the call of the program.
    ended.assert_err("panicked at tests/process/src/bin/tasks.rs:");
    ended.assert_err("main panicked: task consumer: there is no tokio runtime here").assert_err("wrap_fn(..)");
}

#[test]
fn a_local_task_that_fails_starts_the_shutdown() {
    let ended = run("local");
    assert_reason(&ended, "plugin", ") failed: \"the plugin is gone\";");
    ended.assert_code(1);
}

#[test]
fn spec_3_28_a_main_that_awaits_its_task_is_waited_for() {
    stop("awaits").assert_code(0).assert_order(&["Ok(Ok(7))", "saved", "stopped", "closed"]);
    stop("awaits-wrapped").assert_code(0).assert_order(&["saved", "stopped", "closed"]);
}

#[test]
fn the_program_still_serves_for_the_drain_delay_after_a_failure() {
    let ended = run("fails-with-a-delay");
    assert_reason(&ended, "consumer", ") failed: \"connection reset\";");
    ended.assert_code(1).assert_out("draining at once: false");
}

#[test]
fn a_failure_before_the_install_starts_the_shutdown_at_the_install() {
    let ended = run("before-the-install");
    assert_reason(&ended, "early", ") failed: \"no such file\";");
    ended.assert_code(1).assert_order(&["failed", "stopped", "closed"]);
}

#[test]
fn a_failure_without_an_install_is_said() {
    let ended = run("without-an-install");
    ended.assert_code(0).assert_out("goes on").assert_err("failed: \"no such file\"; no shutdown is installed");
}
