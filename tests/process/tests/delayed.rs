//! Tests which triggers skip the drain delay, and what the program sees while the delay passes.

use std::time::Duration;

use process::{Ended, Program, Signal};

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
