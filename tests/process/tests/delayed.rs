//! Tests which triggers skip the drain delay, and what the program sees while the delay passes.

use std::time::Duration;

use process::{Ended, Program, Running, Signal};

/// A delay that no test waits for, and that no machine is late by.
const LONG: &str = "100000";

fn program(trigger: &str, delay: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_delayed")).arg(trigger).arg(delay)
}

fn assert_drained(ended: &Ended) {
    ended.assert_order(&["left, ready: false, draining: false", "draining: true"]);
}

/// `Program::run` fails after a minute, which is before the end of the delay.
#[test]
fn spec_3_8_the_end_of_main_skips_the_drain_delay() {
    for (trigger, code) in [("returned", 0), ("failed", 1), ("panicked", 101)] {
        program(trigger, LONG).run().assert_code(code).assert_out("draining: true");
    }
}

#[test]
fn spec_3_8_a_request_has_the_drain_delay() {
    let ended = program("requested", "1500").run();
    ended.assert_code(0).assert_out("the delay has passed: true");
    assert_drained(&ended);
}

#[test]
fn spec_3_8_sigterm_has_the_drain_delay_and_sigint_ends_it() {
    let mut running = program("signal", LONG).start();
    running.signal(Signal::SIGTERM);
    // `leaving()` resolves at the trigger, also if it is asked for later.
    running.out_line("left, ready: false, draining: false");
    running.signal(Signal::SIGINT);
    let ended = running.wait();
    assert_drained(ended.assert_code(0).assert_before(Duration::from_secs(60)));
}

#[test]
fn spec_3_8_sigint_as_the_first_trigger_skips_the_drain_delay() {
    let mut running = program("signal", LONG).start();
    running.signal(Signal::SIGINT);
    running.wait().assert_code(0).assert_out("draining: true").assert_before(Duration::from_secs(60));
}

/// Stops a program that leaves the drain delay open, and ends the delay by SIGINT. Returns the end and the first line.
fn stop_open(variables: &[(&str, &str)]) -> Ended {
    let mut program = program("signal", "open");
    for (name, value) in variables {
        program = program.env(name, value);
    }
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    running.out_line("left, ready: false, draining: false");
    running.signal(Signal::SIGINT);
    running.wait()
}

const ON_KUBERNETES: (&str, &str) = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");

#[test]
fn spec_3_29_the_drain_delay_that_is_left_open_is_the_environments_or_5_s_on_kubernetes() {
    let ended = stop_open(&[ON_KUBERNETES]);
    assert_drained(ended.assert_code(0).assert_err(", drain delay 5 s (the default on Kubernetes)"));
    let ended = stop_open(&[ON_KUBERNETES, ("ON_SHUTDOWN_DRAIN_DELAY", "100s")]);
    assert_drained(ended.assert_code(0).assert_err(", drain delay 1m 40s (from ON_SHUTDOWN_DRAIN_DELAY)"));
}

#[test]
fn spec_3_29_the_environment_can_take_the_drain_delay_away() {
    let none = || program("signal", "open").env("ON_SHUTDOWN_DRAIN_DELAY", "0s");
    for program in [none(), none().env(ON_KUBERNETES.0, ON_KUBERNETES.1)] {
        let mut running = program.start();
        running.signal(Signal::SIGTERM);
        let ended = running.wait();
        ended.assert_code(0).assert_err(", no drain delay (from ON_SHUTDOWN_DRAIN_DELAY)");
        ended.assert_before(Duration::from_secs(60));
    }
}

#[test]
fn spec_3_29_elsewhere_there_is_no_drain_delay() {
    let mut running = program("signal", "open").start();
    running.signal(Signal::SIGTERM);
    running.wait().assert_code(0).assert_no_err("drain delay");
}

#[test]
fn spec_3_29_a_drain_delay_that_cannot_be_used_is_an_error() {
    let refused = |value| program("signal", "open").env("ON_SHUTDOWN_DRAIN_DELAY", value).run();
    refused("5")
        .assert_code(78)
        .assert_err("`ON_SHUTDOWN_DRAIN_DELAY=5` is not a duration: the unit is missing; write `5s`");
    refused("300s").assert_code(78).assert_err("write a `ON_SHUTDOWN_DRAIN_DELAY` of at most ");
}

fn start_with_work(phase: &str, delay: &str) -> Running {
    Program::new(env!("CARGO_BIN_EXE_last_new_work")).arg(phase).arg(delay).start()
}

fn stop_with_work(phase: &str, delay: &str) -> Ended {
    let mut running = start_with_work(phase, delay);
    running.signal(Signal::SIGTERM);
    running.wait()
}

const LAST_NEW_WORK: &str = "  the last new work came at +";

#[test]
fn spec_3_29_the_report_says_when_the_last_new_work_came() {
    let ended = stop_with_work("deregister", "3");
    ended
        .assert_code(0)
        .assert_out("work in deregister")
        .assert_err(LAST_NEW_WORK)
        .assert_err(", and draining began at +3");
    ended.assert_no_err("longer drain delay");
}

#[test]
fn spec_3_29_new_work_until_draining_begins_is_a_hint_that_the_delay_is_too_short() {
    let ended = stop_with_work("drain", "1");
    ended.assert_code(0).assert_err(LAST_NEW_WORK).assert_err(": more may have been refused; set a longer drain delay");
}

/// The usual program: `main` awaits its server, and returns during the drain phase.
#[test]
fn spec_3_29_the_report_says_when_the_last_new_work_came_also_if_main_has_returned() {
    let program = Program::new(env!("CARGO_BIN_EXE_last_new_work")).arg("deregister").arg("1").arg("returns");
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    running.wait().assert_code(0).assert_err(LAST_NEW_WORK).assert_err("main returned");
}

#[test]
fn spec_3_29_without_new_work_or_without_a_whole_delay_the_report_says_nothing_of_it() {
    stop_with_work("none", "1").assert_code(0).assert_no_err("new work");
    stop_with_work("drain", "0").assert_code(0).assert_out("work in drain").assert_no_err("new work");
    let mut running = start_with_work("deregister", "40");
    running.signal(Signal::SIGTERM);
    running.out_line("work in deregister");
    running.signal(Signal::SIGINT);
    running.wait().assert_code(0).assert_no_err("new work");
}
