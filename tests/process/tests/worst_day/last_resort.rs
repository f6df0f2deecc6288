//! Tests that the last resort ends the process if even the supervisor is stuck.

use std::time::Duration;

use nix::sys::ptrace;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use process::{Running, Signal};

use crate::hostile::Hostile;

/// Returns the program's threads with these names.
fn threads(running: &Running, names: &[&str]) -> Vec<Pid> {
    let folder = format!("/proc/{}/task", running.pid());
    let tasks = std::fs::read_dir(folder).expect("it lives").filter_map(Result::ok);
    let named = tasks.filter(|task| {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        names.contains(&name.trim())
    });
    let ids = named.filter_map(|task| task.file_name().to_str()?.parse().ok());
    ids.map(Pid::from_raw).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn spec_3_14_the_process_ends_when_the_supervisor_and_all_runners_are_stuck() {
    ends_although_its_threads_are_stuck(Hostile::new("parks"), By::Timer);
}

/// The timer's signal belongs to the program here, so a thread takes the timer's place.
#[test]
#[cfg(target_os = "linux")]
fn spec_3_14_a_thread_is_the_last_resort_of_a_program_that_handles_sigvtalrm() {
    ends_although_its_threads_are_stuck(Hostile::new("parks").env("HANDLES_SIGVTALRM", "1"), By::Thread);
}

#[test]
#[cfg(target_os = "linux")]
fn spec_3_14_a_profilers_signal_is_not_taken_for_the_last_resort() {
    let hostile = Hostile::new("parks").env("HANDLES_SIGVTALRM", "1");
    let told = hostile.hook("stop:0:500:ticks:2").hook("close:0:500:ok").stop();
    told.assert_ended(0).assert_ran("ticks-0").assert_ran("ticks-1").assert_ran("ok-0");
}

/// What the last resort of a program is.
#[derive(PartialEq)]
#[cfg(target_os = "linux")]
enum By {
    Timer,
    Thread,
}

/// Stops every thread of the shutdown, as if each were stuck for ever. All other threads run.
///
/// The test acts as a debugger, because a program cannot stop some of its own threads.
#[cfg(target_os = "linux")]
fn ends_although_its_threads_are_stuck(hostile: Hostile, by: By) {
    let hostile = hostile.env("ON_SHUTDOWN_GRACE_PERIOD", "4s");
    let (mut running, trace) = hostile.hook("stop:0:60000:sleeps:3").hook("finalize:0:500:ok").start();
    running.signal(Signal::SIGTERM);
    running.err_line("4 hooks to run within");
    let stuck = threads(&running, &["shutdown", "shutdown-watch", "shutdown-hooks"]);
    assert!(stuck.len() >= 2, "{stuck:?}");
    // A timer needs no processor of its own on a busy machine, and no memory for a stack.
    assert_eq!(threads(&running, &["last-resort"]).len(), usize::from(by == By::Thread));
    for thread in &stuck {
        if let Err(error) = ptrace::seize(*thread, ptrace::Options::empty()) {
            return println!("skipped: this machine allows no debugger ({error})");
        }
        ptrace::interrupt(*thread).expect("it is ours now");
        waitpid(*thread, Some(WaitPidFlag::__WALL)).expect("it stops");
    }
    // A traced thread remains until its tracer has seen its end. The process remains as long.
    for thread in &stuck {
        waitpid(*thread, Some(WaitPidFlag::__WALL)).expect("it ends");
    }
    let ended = running.wait();
    let _ = std::fs::remove_file(trace);
    ended.assert_code(124).assert_before(Duration::from_secs(4)).assert_no_err("report:");
}
