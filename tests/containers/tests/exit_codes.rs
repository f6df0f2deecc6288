//! Tests the exit code that docker sees from a program that is PID 1.

use std::thread;
use std::time::Duration;

use containers::{Container, Ended, Program, Recipe, Run, in_docker};

const HOSTILE: Program = Program::new("hostile");

/// Runs `hostile` in a mode as PID 1, and does something to it once it is ready.
fn end(program: Program, run: &Run, mode: &str, stop: impl FnOnce(&Container), check: impl FnOnce(&Ended)) {
    in_docker(|| {
        let image = Recipe::scratch(program).build()?;
        let container = run.clone().env("HOSTILE", mode).ready(&image);
        stop(&container);
        check(&container.wait());
        Ok(())
    });
}

fn stop(container: &Container) {
    container.stop();
}

/// The program ends by itself.
fn leave(_: &Container) {}

fn all_ran(ended: &Ended) {
    ended.assert_order(&["ready", "misbehaving", "closed the pool", "flushed the metrics"]);
}

#[test]
fn spec_3_25_pid_1_ends_with_0_when_all_hooks_completed() {
    end(HOSTILE, &Run::new(), "", stop, |ended| all_ran(ended.assert_code(0).assert_said("; 3 completed in ")));
}

#[test]
fn spec_3_25_pid_1_ends_with_70_when_a_hook_failed() {
    end(HOSTILE, &Run::new(), "fail", stop, |ended| {
        all_ran(ended.assert_code(70).assert_said("failed: the disk is full (tests/containers/src/bin/hostile.rs:"));
    });
}

#[test]
fn spec_3_25_pid_1_ends_with_70_when_a_hook_panicked() {
    end(HOSTILE, &Run::new(), "panic", stop, |ended| {
        all_ran(ended.assert_code(70).assert_said("panicked: out of luck (tests/containers/src/bin/hostile.rs:"));
        ended.assert_silent("panic = \"abort\"");
    });
}

#[test]
fn spec_3_25_pid_1_ends_with_124_when_a_hook_timed_out() {
    let run = Run::new().env("ON_SHUTDOWN_GRACE_PERIOD", "4s");
    end(HOSTILE, &run, "hang", stop, |ended| all_ran(ended.assert_code(124).assert_said("1 timed out in ")));
}

#[test]
fn spec_3_25_pid_1_ends_with_1_when_main_failed() {
    end(HOSTILE, &Run::new(), "main fails", leave, |ended| {
        all_ran(ended.assert_code(1).assert_said("report: main failed: \"no configuration\""));
    });
}

#[test]
fn spec_3_25_pid_1_ends_with_101_when_main_panicked() {
    end(HOSTILE, &Run::new(), "main panics", leave, |ended| {
        all_ran(ended.assert_code(101).assert_said("report: main panicked: a bug in main"));
    });
}

#[test]
fn spec_3_25_pid_1_ends_with_the_code_it_asked_for() {
    end(HOSTILE, &Run::new(), "exit", leave, |ended| all_ran(ended.assert_code(7)));
}

/// The second signal asks for a fast shutdown, so each hook that hangs gets one more second. The third comes while the
/// second hook hangs.
#[test]
fn spec_3_19_the_third_sigint_ends_pid_1_with_130() {
    let run = Run::new().env("ON_SHUTDOWN_GRACE_PERIOD", "60s");
    let interrupt_thrice = |container: &Container| {
        container.kill("INT").wait_for("misbehaving");
        // Within a second it would be the same request as the first.
        thread::sleep(Duration::from_millis(1_200));
        container.kill("INT").wait_for("closed the pool");
        container.kill("INT");
    };
    end(HOSTILE, &run, "hang everywhere", interrupt_thrice, |ended| {
        ended.assert_code(130).assert_before(20).assert_said("SIGINT again: ");
        ended.assert_said("cut short by a repeated SIGINT");
    });
}

/// Abort does nothing to PID 1, so the C library falls back on a fault: SIGSEGV.
#[test]
fn spec_3_17_with_panic_abort_a_hook_that_panics_ends_pid_1_by_a_fault_and_this_was_said_at_install() {
    end(HOSTILE.aborts(), &Run::new(), "panic", stop, |ended| aborted(ended.assert_code(139)));
}

#[test]
fn spec_3_17_with_panic_abort_a_hook_that_panics_aborts_and_this_was_said_at_install() {
    end(HOSTILE.aborts(), &Run::new().flag("--init"), "panic", stop, |ended| aborted(ended.assert_code(134)));
}

fn aborted(ended: &Ended) {
    ended.assert_said("this program is built with `panic = \"abort\"`").assert_said("out of luck");
    ended.assert_said("misbehaving").assert_silent("closed the pool").assert_silent("flushed the metrics");
}

#[test]
fn spec_3_17_with_panic_abort_hooks_that_do_not_panic_run_as_ever() {
    end(HOSTILE.aborts(), &Run::new(), "", stop, |ended| all_ran(ended.assert_code(0)));
}
