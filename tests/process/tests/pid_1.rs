//! Tests that a program behaves as PID 1 of a process namespace as it does on a host.

use std::process::Command;

use process::{Ended, Program, Signal};

/// Starts the program under `unshare --pid --fork`. Returns `None` if the machine does not allow that.
fn as_pid_1(path: &str, argument: &str) -> Option<Program> {
    let unshare = ["--pid", "--fork", "--kill-child", "--mount-proc", "--"];
    let allowed =
        Command::new("unshare").args(unshare).arg("true").output().is_ok_and(|output| output.status.success());
    if !allowed {
        println!("skipped: this machine does not allow `unshare --pid`");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(unshare).arg(path);
    let program = Program::of(command);
    Some(if argument.is_empty() { program } else { program.arg(argument) })
}

fn ends(how: &str) -> Option<Ended> {
    Some(as_pid_1(env!("CARGO_BIN_EXE_ends"), how)?.run())
}

#[test]
fn spec_3_20_the_exit_codes_are_the_same() {
    for (how, code) in [("returned", 0), ("failed", 1), ("panicked", 101), ("exit", 7), ("code", 3), ("request", 0)] {
        let Some(ended) = ends(how) else { return };
        ended.assert_code(code).assert_order(&["hook", "last"]);
    }
}

#[test]
fn spec_3_20_a_signal_from_outside_runs_the_hooks() {
    let Some(program) = as_pid_1(env!("CARGO_BIN_EXE_idle"), "") else { return };
    let running = program.start();
    // The program itself is the only child of `unshare`.
    let children = format!("/proc/{0}/task/{0}/children", running.pid());
    let child = std::fs::read_to_string(children).expect("unshare has a child");
    let sent = Command::new("kill").args(["-TERM", child.trim()]).status().expect("kill is there");
    assert!(sent.success());
    let ended = running.wait();
    ended.assert_code(0).assert_order(&["ready", "hook"]).assert_err("report: SIGTERM from outside the container");
}

#[test]
fn spec_3_20_conventional_and_forced_ends_need_no_raise() {
    let Some(program) = as_pid_1(env!("CARGO_BIN_EXE_ends"), "signal_exit_code") else { return };
    let running = program.start();
    let children = format!("/proc/{0}/task/{0}/children", running.pid());
    let child = std::fs::read_to_string(children).expect("unshare has a child");
    let child = nix::unistd::Pid::from_raw(child.trim().parse().expect("a pid"));
    nix::sys::signal::kill(child, Signal::SIGTERM).expect("it lives");
    running.wait().assert_code(143).assert_order(&["hook", "last"]);
}
