//! Tests programs that see no `/proc`, as on macOS and FreeBSD and in some sandboxes: messages and reports say less, and
//! nothing that is wrong.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use process::{Program, Running, Signal, in_mount_namespace};

const EMPTY_PROC: &str = "mount -t tmpfs none /proc";
/// Becomes the program in a mount namespace whose `/proc` is empty.
const SCRIPT: &str = "mount -t tmpfs none /proc && exec \"$@\"";

/// Returns the program without a `/proc`, not started yet. `None` if the machine does not allow that.
fn without_proc(path: &str) -> Option<Program> {
    in_mount_namespace(EMPTY_PROC, SCRIPT, &[path]).map(Program::of)
}

/// Returns the program `hostile` without a `/proc`. Its trace goes nowhere.
fn hostile(hooks: &[&str]) -> Option<Program> {
    let program = without_proc(env!("CARGO_BIN_EXE_hostile"))?.env("MAIN", "parks").env("TRACE", "/dev/null");
    Some(hooks.iter().fold(program, Program::arg))
}

fn stop(mut running: Running) -> process::Ended {
    running.signal(Signal::SIGTERM);
    running.wait()
}

/// Returns an empty folder for one test.
fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no-proc").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the folder is ours");
    folder
}

#[test]
fn without_proc_the_report_has_the_sender_of_the_signal_without_its_name() {
    let Some(program) = without_proc(env!("CARGO_BIN_EXE_idle")) else { return };
    let ended = stop(program.start());
    let sender = format!("shutdown report: SIGTERM from pid {}, uid ", std::process::id());
    ended.assert_code(0).assert_out("hook").assert_err("1 hook, on SIGTERM, SIGINT; grace period").assert_err(&sender);
    let report = ended.err.iter().find(|line| line.contains(&sender)).expect("there is one");
    assert!(!report.contains('('), "{ended}");
    // No warning about PID 1 either: nothing says who that is.
    ended.assert_no_err("warning").assert_no_err("PID 1");
}

#[test]
fn without_proc_a_hook_that_hangs_is_named_without_its_activity() {
    let Some(program) = hostile(&["stop:0:300:sleeps", "stop:0:300:async-sleeps", "stop:0:300:async-awaits"]) else {
        return;
    };
    let ended = stop(program.start());
    ended.assert_code(124);
    for name in ["sleeps-0", "async-sleeps-0", "async-awaits-0"] {
        ended.assert_err(&format!("on-shutdown: {name} (tests/process/src/bin/hostile.rs:"));
    }
    // What the program itself knows stays.
    ended.assert_err("abandoned").assert_err("awaiting, last polled ");
    for guess in ["waiting in", "sleeping in", "running on", " on fd ", "which watches"] {
        ended.assert_no_err(guess);
    }
}

#[test]
fn without_proc_work_that_is_cut_off_has_no_list_of_connections() {
    let Some(program) = without_proc(env!("CARGO_BIN_EXE_cut_off_work")) else { return };
    let ended = stop(program.start());
    ended.assert_code(124).assert_err("1 in flight").assert_no_err("TCP connection");
    // The same program with a `/proc` has one.
    let ended = stop(Program::new(env!("CARGO_BIN_EXE_cut_off_work")).start());
    ended.assert_code(124).assert_err("1 in flight").assert_err("TCP connection of port ");
}

#[test]
fn without_proc_a_signal_that_was_ignored_at_the_start_is_handled() {
    let mut command = Command::new("sh");
    let Some(_) = without_proc("true") else { return };
    let script = format!("trap '' INT; exec unshare --mount -- sh -c '{SCRIPT}' sh \"$0\"");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_idle")]);
    let mut program = Program::of(command).start();
    program.signal(Signal::SIGINT);
    let ended = program.wait();
    ended.assert_code(0).assert_err("1 hook, on SIGTERM, SIGINT; grace period").assert_err("report: SIGINT from pid");
    ended.assert_no_err("was ignored");
}

/// Nothing says whether the program handles the signal of the timer. So the last resort is a thread, as on macOS.
#[test]
fn spec_3_14_without_proc_a_profilers_signal_does_not_end_the_process() {
    let Some(program) = hostile(&["stop:0:500:ticks:2", "close:0:500:ok"]) else { return };
    let ended = stop(program.env("HANDLES_SIGVTALRM", "1").start());
    ended.assert_code(0).assert_err("3 completed");
}

#[test]
fn spec_3_14_without_proc_a_process_whose_hooks_hang_ends_in_time() {
    let Some(program) = hostile(&["stop:0:60000:sleeps:3", "finalize:0:500:ok"]) else { return };
    let ended = stop(program.env("ON_SHUTDOWN_GRACE_PERIOD", "4s").start());
    ended.assert_code(124).assert_before(std::time::Duration::from_secs(4));
}

#[test]
fn without_proc_a_child_does_not_find_its_parents_report_and_says_nothing_about_it() {
    let Some(program) = without_proc(env!("CARGO_BIN_EXE_starts_child")) else { return };
    let path = folder("child").join("stop.txt");
    let program = program.arg("stops").arg(env!("CARGO_BIN_EXE_idle"));
    let ended = stop(program.env("ON_SHUTDOWN_REPORT", path.to_str().expect("text")).start());
    ended.assert_code(0).assert_out("the child ended: exit status: 0").assert_no_err("the report goes to");
    // The parent ends last, and its report is whole.
    let report = fs::read_to_string(&path).expect("a report");
    assert!(report.contains("stop_child") && report.trim_end().ends_with('Z'), "{report}");
    assert_eq!(fs::read_dir(folder_of(&path)).expect("a folder").count(), 1);
}

fn folder_of(path: &std::path::Path) -> &std::path::Path {
    path.parent().expect("it is in a folder")
}
