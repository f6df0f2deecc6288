//! Tests that the end of a `main` that the program owns runs the hooks.

use process::{Ended, Program, Signal};

fn own_main(how: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_own_main")).arg(how)
}

fn ends(how: &str) -> Ended {
    own_main(how).run()
}

fn stopped(how: &str) -> Ended {
    let mut program = own_main(how).start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

#[test]
fn spec_3_28_run_has_the_rules_of_the_attribute() {
    for (how, code, why) in [
        ("run-returned", 0, "report: main returned; 2 completed"),
        ("run-failed", 1, "main failed: \"the disk is full\""),
        ("run-panicked", 101, "main panicked: no such luck"),
        ("run-code", 3, "report: request: exit(3)"),
    ] {
        let ended = ends(how);
        ended.assert_code(code).assert_err(why);
        assert_eq!(ended.out, ["hook", "last"], "{ended}");
    }
}

#[test]
fn run_with_wrong_settings_does_not_call_main() {
    let ended = ends("run-bad-settings");
    ended.assert_code(78).assert_err("a grace period of 0 µs (set by the program) cannot be used");
    assert_eq!(ended.out, [""; 0], "{ended}");
}

#[test]
fn spec_3_28_finish_starts_the_shutdown_and_ends_with_its_code() {
    let ended = ends("finish");
    ended.assert_code(0).assert_err("report: main returned; 2 completed");
    assert_eq!(ended.out, ["hook", "last"], "{ended}");
    own_main("finish").arg("hook-fails").run().assert_code(70).assert_err("failed: no disk");
}

#[test]
fn spec_3_28_a_main_that_ends_during_the_shutdown_waits_for_its_end() {
    for how in ["run-stopped", "finish-stopped"] {
        stopped(how).assert_code(0).assert_order(&["ready", "hook", "last"]).assert_err("SIGTERM from pid");
    }
}

#[test]
fn spec_3_26_with_exit_mode_return_run_returns_the_code_and_finish_ends_as_main_does() {
    ends("run-goes-on").assert_code(0).assert_order(&["hook", "last"]);
    own_main("run-goes-on").arg("hook-fails").run().assert_code(70);
    // Destructors of the thread that ends the process run, as after a return from `main`.
    ends("finish-goes-on").assert_code(0).assert_order(&["hook", "last", "the destructor ran"]);
    own_main("finish-goes-on").arg("hook-fails").run().assert_code(70).assert_out("the destructor ran");
}
