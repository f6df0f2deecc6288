//! Tests work that begins too late, and work that never ends.

use std::time::Duration;

use process::{Ended, Program, Signal};

fn program(case: &str, grace_period: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_bad_input")).arg(case).env("ON_SHUTDOWN_GRACE_PERIOD", grace_period)
}

fn stopped(case: &str) -> Ended {
    stopped_within(case, "25s")
}

fn stopped_within(case: &str, grace_period: &str) -> Ended {
    let mut program = program(case, grace_period).start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

/// Returns the number of the source line that contains the text.
fn line_of(text: &str, occurrence: usize) -> String {
    let lines = include_str!("../src/bin/bad_input.rs").lines();
    let found = lines.enumerate().filter(|(_, line)| line.contains(text)).nth(occurrence);
    format!("tests/servers/src/bin/bad_input.rs:{}", found.expect("it is there").0 + 1)
}

#[test]
fn spec_3_8_serve_after_the_drain_stops_at_once_and_is_not_waited_for() {
    let ended = stopped("serve late");
    ended.assert_code(0).assert_out("served in the phase stop, and was told to stop at once");
}

#[test]
fn spec_3_8_serve_while_draining_stops_at_once() {
    let program = program("after the end", "25s").spawn();
    program.err_line("request: to be too late");
    program.wait().assert_code(0).assert_out("a server that is made while draining stops at once");
}

#[test]
fn spec_3_8_a_guard_that_is_made_when_the_drain_is_over_is_not_waited_for() {
    let ended = stopped("guard late");
    ended.assert_code(0).assert_out("began in the phase stop").assert_no_err("late: ");
    ended.assert_before(Duration::from_secs(10));
}

#[test]
fn spec_3_8_a_leaked_guard_is_waited_for_until_the_time_is_over_and_named_with_its_place() {
    let ended = stopped_within("leak", "3s");
    ended.assert_code(124).assert_before(Duration::from_secs(3)).assert_out("the drain is over");
    let (three, one) = (line_of("in_flight(\"orders\")", 0), line_of("in_flight(\"orders\")", 1));
    for (count, place) in [(3, three), (1, one)] {
        let cut_off = ended.err.iter().filter(|line| line.contains("cut off  "));
        let named = |line: &String| {
            line.contains(&format!("orders: {count} in flight, oldest ")) && line.ends_with(&format!(", {place}"))
        };
        assert_eq!(cut_off.filter(|line| named(line)).count(), 1, "{count} at {place}\n{ended}");
    }
    ended.assert_no_err("letters: ");
}

#[test]
fn spec_3_8_work_that_hands_over_to_other_work_is_waited_for_to_the_end() {
    stopped("handed over").assert_code(0).assert_order(&["ready", "all was handed over", "the drain is over"]);
}

#[test]
fn spec_3_8_work_that_is_dropped_before_it_was_polled_is_not_waited_for() {
    let ended = stopped("never polled");
    ended.assert_code(0).assert_before(Duration::from_secs(10)).assert_no_err("never polled: ");
}
