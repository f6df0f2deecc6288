//! Tests that a program behaves as PID 1 of a process namespace as it does on a host.

use std::process::Command;

use process::{Ended, Program, Signal};

/// Starts the program under `unshare --pid --fork`. Returns `None` if the machine does not allow that.
fn as_pid_1(path: &str, argument: &str) -> Option<Program> {
    let program = in_pid_namespace(path)?;
    Some(if argument.is_empty() { program } else { program.arg(argument) })
}

/// Starts the command as PID 1 of a process namespace. Returns `None` if the machine does not allow that.
fn in_pid_namespace(command_path: &str) -> Option<Program> {
    let unshare = ["--pid", "--fork", "--kill-child", "--mount-proc", "--"];
    let allowed =
        Command::new("unshare").args(unshare).arg("true").output().is_ok_and(|output| output.status.success());
    if !allowed {
        println!("skipped: this machine does not allow `unshare --pid`");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(unshare).arg(command_path);
    Some(Program::of(command))
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

/// Runs the script as PID 1, which starts the program in `$1` with `ON_SHUTDOWN=check`.
fn check_under_shell(script: &str) -> Option<Ended> {
    let program = in_pid_namespace("sh")?.arg("-c").arg(script).arg("sh").arg(env!("CARGO_BIN_EXE_idle"));
    Some(program.env("ON_SHUTDOWN", "check").run())
}

#[test]
fn spec_3_21_a_shell_as_pid_1_that_keeps_the_signal_is_a_warning_with_the_remedy() {
    // The last command makes the shell wait: it would otherwise become the program.
    let Some(ended) = check_under_shell("\"$1\"; exit $?") else { return };
    ended.assert_code(78).assert_out("note: PID 1 of this container is `sh`, which gets the platform's signal");
    ended.assert_out("write `CMD [\"program\", \"argument\"]`, or `exec program` in the script");
}

#[test]
fn spec_3_21_a_shell_as_pid_1_that_becomes_the_program_is_no_warning() {
    let Some(ended) = check_under_shell("exec \"$1\"") else { return };
    ended.assert_code(0).assert_out("shutdown plan: 1 hook");
    assert!(!ended.out.iter().any(|line| line.starts_with("note: ")), "{ended}");
}
