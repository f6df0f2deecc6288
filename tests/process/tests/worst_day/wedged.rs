//! Tests that the hooks run and that the process ends in time, even if the program itself hangs.

use std::process::Command;
use std::time::Duration;

use process::{Program, Signal};

use crate::hostile::{Finished, GRACE, Hostile, PATH};

/// Runs healthy hooks of all kinds while the program itself hangs.
#[track_caller]
fn wedged(main: &str) -> Finished {
    let finished = Hostile::new(main)
        .hook("deregister:0:2000:async-nap")
        .hook("stop:1:2000:nap:4")
        .hook("stop:0:2000:async-ok:4")
        .hook("finalize:0:2000:ok")
        .stop();
    finished.assert_ended(0).assert_order(&["async-nap-0 ended", "nap-0 began", "async-ok-0 began", "ok-0 ended"]);
    finished.assert_ran("nap-3").assert_ran("async-ok-3");
    finished
}

#[test]
fn spec_3_16_the_hooks_run_even_if_main_hangs() {
    for main in ["parks", "spins", "multi-thread", "current-thread"] {
        wedged(main).ended.assert_err("report: SIGTERM");
    }
}

#[test]
fn spec_3_16_a_wedged_runtime_does_not_matter() {
    for main in ["multi-thread-blocked", "current-thread-spins"] {
        wedged(main).ended.assert_err("report: SIGTERM");
    }
}

#[test]
fn spec_3_14_main_that_holds_stdout_or_stderr_does_not_keep_the_process() {
    for main in ["holds-stdout", "holds-stderr"] {
        wedged(main).ended.assert_err("report: SIGTERM");
    }
    let finished = Hostile::new("holds-stdout").hook("stop:0:300:stdout").hook("finalize:0:300:ok").stop();
    finished.assert_ended(124).assert_ran("ok-0").ended.assert_err("stdout-0");
}

#[test]
fn spec_3_14_closed_descriptors_do_not_matter() {
    wedged("closed");
}

#[test]
fn spec_3_14_a_program_that_closes_our_descriptors_runs_its_hooks() {
    let hooks = ["stop:0:2000:ok", "stop:0:2000:async-nap:3", "finalize:0:2000:async-ok"];
    let (mut running, _) = hooks.into_iter().fold(Hostile::new("closed-all"), Hostile::hook).start();
    // Long enough for a thread that spins to be seen, also on a busy machine.
    std::thread::sleep(Duration::from_secs(1));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", running.pid())).expect("it lives");
    let ticks: u32 = stat.split(' ').skip(13).take(2).map(|ticks| ticks.parse::<u32>().expect("a number")).sum();
    assert!(ticks < 10, "{ticks} hundredths of a second of CPU time");
    running.signal(Signal::SIGTERM);
    // The report alone says so: the trace of the hooks was closed, too.
    running.wait().assert_code(0).assert_err("report: SIGTERM").assert_err("; 5 completed in ");
}

#[test]
fn spec_3_27_without_a_free_descriptor_the_hooks_run() {
    wedged("no-descriptors").ended.assert_err("report: SIGTERM");
}

/// A program that cannot start threads when it is stopped.
fn without_threads() -> Hostile {
    // The limit applies to all users except root.
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(PATH);
    Hostile::of("no-threads", Program::of(command))
}

#[test]
fn spec_3_27_without_a_further_thread_the_hooks_run_one_after_another() {
    let hostile = without_threads()
        .hook("deregister:0:2000:async-nap:3")
        .hook("stop:0:2000:nap:2")
        .hook("stop:0:2000:ok")
        .hook("finalize:0:2000:async-ok");
    let finished = hostile.stop();
    finished.assert_ended(0).assert_ran("async-nap-2").assert_ran("nap-1").assert_ran("ok-0").assert_ran("async-ok-0");
}

#[test]
fn spec_3_27_where_a_hook_holds_the_only_thread_the_others_run_nevertheless() {
    let finished = without_threads()
        .hook("stop:0:300:sleeps")
        .hook("stop:0:2000:ok")
        .hook("close:0:2000:async-nap:2")
        .hook("finalize:0:2000:async-ok")
        .stop();
    finished.assert_ran("ok-0").assert_ran("async-nap-1").assert_ran("async-ok-0");
    finished.assert_ended(124).ended.assert_err("timed out after").assert_err("report: SIGTERM").assert_err("sleeps-0");
}

/// Each takes its time on the only thread, and together they want more than there is before `flush`.
#[test]
fn spec_3_11_hooks_that_run_one_after_another_take_no_time_from_flush() {
    let hostile = without_threads().hook("stop:0:60000:works:6").hook("finalize:0:500:ok");
    let finished = hostile.env("ON_SHUTDOWN_GRACE_PERIOD", "4s").stop();
    finished.assert_ended(124).assert_ran("works-0").assert_ran("ok-0").ended.assert_err("skipped: no time was left");
}

#[test]
fn spec_3_14_two_hooks_that_hold_the_only_threads_are_ended_by_the_last_resort() {
    let hooks = ["stop:0:300:sleeps", "close:0:300:async-sleeps", "finalize:0:2000:ok"];
    let finished = hooks.into_iter().fold(without_threads(), Hostile::hook).stop();
    assert!(finished.trace.iter().any(|line| line == "async-sleeps-0 began"), "{:#?}", finished.trace);
    finished.assert_ended(124).ended.assert_err("timed out after").assert_no_err("report: SIGTERM");
}

#[test]
fn spec_3_19_main_panics_during_the_shutdown() {
    let finished = Hostile::new("panics-later").hook("stop:0:2000:nap").hook("close:0:2000:ok").stop();
    // The main thread ends by its panic. That would end the process, so this main must wait for the end of the
    // shutdown.
    assert!(finished.ended.code == Some(101) || finished.ended.code == Some(0), "{}", finished.ended);
}

#[test]
fn spec_3_14_a_pipe_without_a_reader_does_not_keep_the_process() {
    // `yes` fills the pipe that is also the program's stderr. No process reads the pipe.
    let script = format!("{{ (yes >&2 &) ; sleep 0.2; exec {} \"$@\"; }} 2> >(exec sleep 600)", PATH);
    let mut command = Command::new("bash");
    command.args(["-c", &script, "hostile"]);
    let finished = Hostile::of("parks", Program::of(command))
        .hook("stop:0:300:sleeps:4")
        .hook("stop:0:2000:nap:3")
        .hook("finalize:0:2000:ok")
        .stop();
    finished.assert_ended(124).assert_ran("nap-2").assert_ran("ok-0");
}

#[test]
fn spec_3_14_everything_at_once_ends_before_the_deadline() {
    let bad = [
        "sleeps:4",
        "spins:1",
        "async-sleeps:4",
        "async-awaits:4",
        "async-drop-hangs:4",
        "panics:4",
        "async-panics:4",
        "panics-poison:2",
        "fails:4",
        "async-block-on:2",
        "async-pool:1",
        "locks:2",
    ];
    let mut hostile = Hostile::new("holds-lock").env("ON_SHUTDOWN_GRACE_PERIOD", "20s");
    for (priority, behavior) in bad.iter().enumerate() {
        hostile = hostile.hook(&format!("stop:{priority}:60000:{behavior}"));
    }
    let finished =
        hostile.hook("stop:-1:60000:ok").hook("finalize:0:60000:sleeps").hook("finalize:-1:2000:async-ok").stop();
    finished.ended.assert_code(124).assert_before(2 * GRACE);
    finished.assert_ran("ok-0").assert_ran("async-ok-0");
}

#[test]
fn spec_3_14_a_stopped_process_is_counted_by_the_wall_clock() {
    let hostile = Hostile::new("parks").env("ON_SHUTDOWN_GRACE_PERIOD", "3s");
    let (mut running, trace) = hostile.hook("stop:0:60000:sleeps").hook("finalize:0:2000:ok").start();
    running.signal(Signal::SIGTERM);
    running.err_line("2 hooks to run within 2.4 s");
    running.signal(Signal::SIGSTOP);
    std::thread::sleep(Duration::from_secs(4));
    running.signal(Signal::SIGCONT);
    // The deadline has passed. The process ends without delay, and not 2.4 s later.
    let finished = Finished::of(running, trace);
    finished.ended.assert_code(124).assert_before(Duration::from_millis(5500));
}

#[test]
fn spec_3_28_hooks_have_as_much_stack_as_main() {
    let told = Hostile::new("parks").hook("stop:0:5000:deep:2").hook("stop:0:5000:async-deep:2").stop();
    told.assert_ended(0)
        .assert_ran("deep-0")
        .assert_ran("deep-1")
        .assert_ran("async-deep-0")
        .assert_ran("async-deep-1");
}

#[test]
fn spec_3_27_a_stack_that_the_system_refuses_is_replaced_by_a_smaller_one() {
    let mut command = std::process::Command::new("sh");
    // 400 MiB of address space, and stacks of 1 GiB.
    command.args(["-c", "ulimit -v 409600; exec \"$@\"", "sh", PATH]).env("RUST_MIN_STACK", (1 << 30).to_string());
    let told = Hostile::of("parks", Program::of(command)).hook("stop:0:5000:nap:8").hook("close:0:5000:ok").stop();
    told.assert_ended(0).assert_ran("nap-0").assert_ran("nap-7").assert_ran("ok-0");
}
