//! Tests that each setting of `#[on_shutdown::main(..)]` has its effect in a program that runs.

use std::process::Command;
use std::time::Duration;

use process::{Program, Signal};

const PATH: &str = env!("CARGO_BIN_EXE_main_settings");

fn program(setting: &str) -> Program {
    Program::new(PATH).arg(setting)
}

#[test]
fn spec_3_19_with_escalate_on_any_a_repeated_sigterm_is_fast_and_the_next_ends_at_once() {
    let mut running = program("escalate-on-any").start();
    running.signal(Signal::SIGTERM);
    running.out_line("endless began");
    // Within a second of the trigger, it would count as the same request.
    std::thread::sleep(Duration::from_millis(1100));
    running.signal(Signal::SIGTERM);
    running.err_line("SIGTERM again: fast shutdown");
    running.out_line("fast");
    running.signal(Signal::SIGTERM);
    running.wait().assert_code(143).assert_err("cut short by a repeated SIGTERM");
}

#[test]
fn spec_3_18_with_handle_ignored_signals_an_ignored_signal_runs_the_hooks() {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT; exec \"$@\"", "sh", PATH, "handle-ignored-signals"]);
    let mut running = Program::of(command).start();
    running.signal(Signal::SIGINT);
    running.wait().assert_code(0).assert_out("hook").assert_err("report: SIGINT").assert_no_err("was ignored");
}

#[test]
fn spec_3_18_the_attribute_sets_the_signals() {
    let mut running = program("signals").start();
    running.signal(Signal::SIGUSR1);
    running.wait().assert_code(0).assert_out("hook").assert_err("report: SIGUSR1");
    let mut running = program("signals").start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    assert_eq!(ended.signal, Some(Signal::SIGTERM as i32), "{ended}");
}

#[test]
fn a_quiet_program_writes_nothing_about_a_clean_shutdown() {
    let ended = program("quiet").run();
    ended.assert_code(0).assert_out("hook");
    assert_eq!(ended.err, [""; 0], "{ended}");
}

#[test]
fn a_quiet_program_still_writes_advice_timeouts_and_failures() {
    let mut running = program("quiet-and-bad").start();
    running.err_line("the drain delay of 1.7 s is more than half of the usable 3.04 s");
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    ended.assert_code(124).assert_err("hangs (tests/process/src/bin/main_settings.rs:");
    ended.assert_err("timed out after ").assert_err("no longer waiting for import: 1 in flight");
    ended.assert_err("report: SIGTERM from pid").assert_err("failed: no disk (");
    ended.assert_no_err("hooks, on ").assert_no_err("hooks to run within");
}

#[test]
fn the_attribute_selects_the_async_runtime_of_main() {
    program("worker-threads").run().assert_code(0).assert_out("3 workers");
    program("current-thread").run().assert_code(0).assert_out("CurrentThread");
    program("multi-thread").run().assert_code(0).assert_out("MultiThread");
}

#[test]
fn spec_3_22_the_attribute_sets_the_times_of_the_plan() {
    let plan = program("times").env("ON_SHUTDOWN", "plan").run();
    plan.assert_code(0).assert_out("shutdown plan: 2 hooks, grace period 40 s (set by the program)");
    plan.assert_out("deregister (the program still serves for the drain delay of 3 s, set by the program)")
        .assert_out("waited for until 28 s, and for 20 s at least, by `max_drain_time`");
}

#[test]
fn the_attribute_starts_from_settings() {
    program("base").env("ON_SHUTDOWN", "plan").run().assert_code(0).assert_out("within 3 s");
}
