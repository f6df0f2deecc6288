//! Tests that a part of the program stops alone as a whole program does, that the process goes on, and that a shutdown of
//! the process includes its parts.

use std::time::Duration;

use process::{Ended, Program, Signal, on_a_machine_that_wakes_within};

fn program(scenario: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_scopes")).arg(scenario)
}

/// Runs a program that stops its parts, says that it is ready, and goes on until a signal.
fn stop(scenario: &str) -> Ended {
    let mut running = program(scenario).start();
    running.signal(Signal::SIGTERM);
    running.wait()
}

trait Sequence {
    fn assert_sequence(&self, beginnings: &[&str]) -> &Self;
}

impl Sequence for Ended {
    /// Fails unless lines of stdout with these beginnings come in this order. Other lines may come between them.
    fn assert_sequence(&self, beginnings: &[&str]) -> &Self {
        let mut lines = self.out.iter();
        for beginning in beginnings {
            assert!(lines.any(|line| line.starts_with(beginning)), "{beginning:?} is not in its place\n{self}");
        }
        self
    }
}

/// The end of a process whose scopes have ended before.
const PROCESS: [&str; 3] = ["process drain", "process stop", "process close"];

fn assert_process_went_on(ended: &Ended, before: &[&str]) {
    let expected: Vec<&str> = before.iter().copied().chain(["ready"]).chain(PROCESS).collect();
    ended.assert_code(0).assert_sequence(&expected).assert_err("shutdown report: SIGTERM");
}

#[test]
fn a_scope_stops_in_the_order_of_the_phases_while_the_process_goes_on_and_is_started_again() {
    let ended = stop("alone");
    let order = [
        "before: true",
        "listener deregister",
        "listener server drained",
        "listener flush",
        "listener close",
        "report: exit code 0, request: shut_down at tests/process/src/bin/scopes.rs:",
        "after: false, process true",
        "ready",
        "process stop",
        "process close",
    ];
    ended.assert_code(0).assert_sequence(&order).assert_sequence(&[
        "listener deregister",
        "listener drain",
        "listener flush",
    ]);
    // Once for each of the two scopes.
    let drained = |line: &&String| *line == "listener server drained";
    assert_eq!(ended.out.iter().filter(drained).count(), 2, "{ended}");
    ended.assert_out("the new one").assert_err("on-shutdown: scope listener: request: shut_down at ");
    ended.assert_err("on-shutdown: scope listener ended: request: shut_down at ").assert_err("listener/again");
    // Its hooks left the process when they ran.
    ended.assert_no_err("listener/close").assert_no_err("still").assert_no_err("waiting for");
}

#[test]
fn a_shutdown_of_the_process_includes_its_scopes_in_the_order_of_the_phases() {
    let ended = stop("included");
    ended.assert_code(0);
    for path in ["tenants", "tenants/acme"] {
        let line = |what: &str| format!("{path} {what}");
        let own = ["deregister", "server drained", "flush", "close"].map(line);
        let [deregister, drained, flush, close] = &own;
        ended.assert_sequence(&["ready", deregister, "process drain"]);
        ended.assert_sequence(&[deregister, drained, "process stop", flush, close]);
        ended.assert_sequence(&[deregister, &line("drain"), "process stop"]);
        ended.assert_err(&format!("{path}/flush")).assert_err(&format!("{path}/close"));
    }
    ended.assert_err("; 11 completed in");
}

#[test]
fn an_inner_scope_stops_alone_and_an_outer_one_with_all_inside_it() {
    let ended = stop("nested");
    let before = [
        "tenants/acme deregister",
        "tenants/acme server drained",
        "tenants/acme flush",
        "tenants/acme close",
        "acme: exit code 0, request: shut_down at ",
        "between: true true",
        "other: exit code 0, request: shut_down at ",
    ];
    assert_process_went_on(&ended, &before);
    for path in ["tenants", "tenants/other"] {
        let own = ["deregister", "server drained", "flush", "close"].map(|what| format!("{path} {what}"));
        let [deregister, drained, flush, close] = &own;
        ended.assert_sequence(&["between: true true", deregister, drained, flush, close, "other: exit code 0"]);
    }
    let report = |name: &str| {
        let line = ended.out.iter().find(|line| line.starts_with(&format!("{name}: exit code 0"))).cloned();
        line.unwrap_or_default().split_once(": ").map(|(_, report)| report.to_owned()).unwrap_or_default()
    };
    assert!(!report("acme").contains("other"), "{ended}");
    // The inner scope ended with the outer one, and has the same report.
    assert_eq!(report("other"), report("tenants"), "{ended}");
    assert_eq!(report("tenants").matches(" completed").count(), 8, "{ended}");
}

#[test]
fn an_outer_scope_stops_what_belonged_to_an_inner_one_that_was_dropped() {
    let ended = stop("dropped");
    let inner = ["outer/inner deregister", "outer/inner server drained", "outer/inner flush", "outer/inner close"];
    assert_process_went_on(&ended, &inner);
    assert_process_went_on(&ended, &["outer/gone deregister", "outer/gone flush", "outer/gone close", "outer: exit"]);
}

#[test]
fn a_task_of_a_scope_that_fails_stops_the_process() {
    let ended = program("failure-stops-the-process").run();
    ended.assert_code(1).assert_sequence(&["listener deregister", "listener server drained", "process stop"]);
    ended.assert_sequence(&["process drain", "listener flush", "process close"]).assert_out("listener close");
    ended
        .assert_err("shutdown report: task listener/accept (tests/process/src/bin/scopes.rs:")
        .assert_err("no descriptor");
}

#[test]
fn a_scope_that_contains_failures_stops_alone_and_is_started_again() {
    let ended = stop("contained");
    let rounds = [
        "round 0: exit code 1, task listener/inner/accept (tests/process/src/bin/scopes.rs:",
        "process true",
        "round 1: exit code 101, task listener/inner/accept (",
        "process true",
        "round 2: exit code 1, task listener/inner/accept (",
        "process true",
    ];
    assert_process_went_on(&ended, &rounds);
    for (round, reason) in
        [") failed: \"no descriptor\"", ") panicked: no such column", ") ended unexpectedly"].iter().enumerate()
    {
        let line =
            ended.out.iter().find(|line| line.starts_with(&format!("round {round}"))).cloned().unwrap_or_default();
        assert!(line.contains(reason) && line.matches(" completed").count() == 4, "{line}\n{ended}");
    }
    let drained = ended.out.iter().filter(|line| *line == "listener server drained").count();
    assert_eq!(drained, 3, "{ended}");
}

#[test]
fn a_failure_while_a_scope_stops_is_in_its_report_and_not_the_end_of_the_process() {
    let ended = stop("failure-while-stopping");
    assert_process_went_on(
        &ended,
        &["listener flush", "listener close", "report: exit code 1, request: ", "process true"],
    );
    ended.assert_err("task listener/accept (tests/process/src/bin/scopes.rs:").assert_err("the socket is gone");
}

#[test]
fn a_scope_that_is_stopped_from_inside_itself_says_what_to_call_instead() {
    let ended = stop("inside");
    let before = [
        "task: `shut_down` of scope listener was called by the scope's own work, which would wait for itself; call \
         `request_shutdown` and return",
        "still serves: true",
        "listener deregister",
        "listener flush",
        "report: exit code 0, request: the task is done; ",
    ];
    assert_process_went_on(&ended, &before);
    ended.assert_out("hook: Err(Inside { scope: \"listener\" })");
    ended.assert_out("sync hook: Ready(Err(Inside { scope: \"listener\" }))");
}

#[test]
fn a_scope_that_is_stopped_again_gives_the_same_report() {
    let ended = stop("twice");
    assert_process_went_on(&ended, &["listener deregister", "listener close", "report: exit code 0", "the same: true"]);
    assert_eq!(ended.out.iter().filter(|line| *line == "listener close").count(), 1, "{ended}");
    // Two lines for the one shutdown.
    assert_eq!(ended.err.iter().filter(|line| line.contains("scope listener")).count(), 2, "{ended}");
}

#[test]
fn a_shutdown_of_a_scope_goes_on_without_its_future() {
    assert_process_went_on(&stop("detached"), &["the hook ran"]);
}

#[test]
fn a_scope_cannot_be_stopped_alone_once_the_process_stops_and_runs_with_it() {
    let ended = stop("process-first");
    ended.assert_code(0).assert_sequence(&[
        "ready",
        "process drain",
        "process stop",
        "listener flush",
        "listener close",
    ]);
    let refused = "asked: the process is shutting down, which stops scope listener, too";
    assert_eq!(ended.out.iter().filter(|line| *line == refused).count(), 2, "{ended}");
    ended.assert_sequence(&["leaving: false false", "draining: false true"]);
    for phase in ["deregister", "drain", "flush", "close"] {
        let line = format!("listener {phase}");
        assert_eq!(ended.out.iter().filter(|found| **found == line).count(), 1, "{line}\n{ended}");
    }
}

#[test]
fn the_process_waits_for_a_scope_that_is_being_stopped() {
    let ended = stop("process-meanwhile");
    let order = ["ready", "process drain", "the hook has ended", "listener later", "listener flush", "listener close"];
    ended
        .assert_code(0)
        .assert_sequence(&order)
        .assert_sequence(&["listener deregister", "listener later"])
        .assert_sequence(&["listener close", "process stop", "process close"]);
    ended.assert_err("on-shutdown: scope listener ended: ").assert_err("(in flight)");
}

#[test]
fn hooks_of_a_scope_that_hang_block_or_panic_do_not_stop_the_others_and_work_is_cut_off() {
    // Work in flight is waited for until the hooks in `stop` have no more than their 100 ms.
    let late = Duration::from_millis(50);
    let Some(ended) = on_a_machine_that_wakes_within(late, || program("overdue").run()) else {
        return eprintln!("not judged: this machine is too busy");
    };
    let before = [
        "the last hook",
        "report: exit code 124, request: shut_down at ",
        "work: [(\"listener/request\", 1)]",
        // Of 2 s, a fifth is the safety margin; of 3 s, too.
        "in time: true, budget 1.6s",
        "inherited: 2.4s",
        "of the process: 8.5s",
        "too short: ",
        "process stop",
    ];
    // The process itself ends well.
    ended.assert_code(0).assert_sequence(&before).assert_err("shutdown report: request: all was seen; 3 completed");
    ended.assert_out(
        "listener/waits timed_out, listener/blocks timed_out, listener/panics panicked, listener/last completed",
    );
    ended.assert_err("on-shutdown: listener/waits (tests/process/src/bin/scopes.rs:");
    ended.assert_err("on-shutdown: no longer waiting for listener/request: 1 in flight");
    ended.assert_err("1 completed, 1 panicked, 2 timed out, 1 in flight cut off in");
}

#[test]
fn hooks_of_a_scope_are_removed_guarded_ordered_and_added_late_as_those_of_the_process() {
    let ended = stop("registrations");
    let before = [
        "removed: true",
        "first",
        "second",
        "late",
        "report: exit code 0, request: ",
        "after the end: hook `listener/too late` was registered too late: ",
        "first again: false",
    ];
    assert_process_went_on(&ended, &before);
    ended
        .assert_out("late: true")
        .assert_out("earlier: hook `listener/earlier` was registered too late: the phase `deregister`");
    ended.assert_out("listener/skipped skipped");
    for line in ["removed", "guarded", "skipped"] {
        assert!(!ended.out.iter().any(|found| found == line), "{line} ran\n{ended}");
    }
}

#[test]
fn what_is_made_too_late_in_a_scope_ends_at_once_or_says_so() {
    let ended = stop("too-late");
    let before = [
        "inner: false true",
        "inner close",
        "report: exit code 0",
        "inner: exit code 0, ",
        "late: exit code 0, ",
        "hook of late: hook `listener/late/x` was registered too late: ",
        "process true",
    ];
    assert_process_went_on(&ended, &before);
    ended.assert_err("task listener/fails (tests/process/src/bin/scopes.rs:");
    ended.assert_err("scope listener had ended before, so nothing else happens").assert_no_err("task listener/task");
}

#[test]
fn scopes_that_come_and_go_leave_no_descriptor_no_thread_and_no_closure_behind() {
    assert_process_went_on(&stop("many"), &["nothing left: true"]);
}

#[test]
fn a_scope_goes_on_if_the_system_refuses_its_shutdown() {
    let before =
        ["refused: true", "still serves: true", "listener deregister", "listener close", "report: exit code 0, "];
    assert_process_went_on(&stop("refused"), &before);
}

#[test]
fn a_scope_waits_for_blocking_work_threads_and_guards() {
    let ended = stop("blocks");
    assert_process_went_on(&ended, &["blocking work has ended", "report: exit code 0, "]);
    ended.assert_sequence(&["mail sent", "report: "]).assert_sequence(&["the thread has ended", "report: "]);
    ended.assert_out("encoder/leave completed");
}

#[test]
fn a_main_that_waits_for_scopes_is_not_waited_for() {
    let ended = stop("main-waits");
    assert_process_went_on(&ended, &[]);
    ended.assert_no_err("main: 1 in flight");
}

#[test]
fn a_scope_can_be_stopped_without_an_installed_shutdown() {
    let ended = program("without-an-install").run();
    ended.assert_code(0).assert_sequence(&[
        "listener deregister",
        "listener server drained",
        "listener close",
        "report: exit",
    ]);
    // Nothing says that the program is quiet.
    ended.assert_err("scope listener ended: ");
}
