//! Tests a subscriber that blocks for ever or panics: hooks run, the process ends in time, and stderr has the report.

use std::time::Duration;

use process::{Ended, Program, Signal};

/// The grace period that the harness sets.
const GRACE: Duration = Duration::from_secs(10);

fn stop(place: &str, from: usize, how: &str) -> Ended {
    let program = Program::new(env!("CARGO_BIN_EXE_untraceable"));
    let mut running = program.env("WHERE", place).env("FROM", &from.to_string()).env("HOW", how).start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    ended.assert_before(GRACE).assert_out(&format!("{how} in {place}"));
    let (heard, read) = (ended.out.iter().any(|line| is_report(line)), ended.err.iter().any(|line| is_report(line)));
    assert!(heard != read, "the report is heard ({heard}) or on stderr ({read}): {ended}");
    assert!(read || place != "event", "who is held up at an event hears no report: {ended}");
    ended
}

fn is_report(line: &str) -> bool {
    line.contains("shutdown report: SIGTERM")
}

fn lost(ended: &Ended) -> usize {
    let names = (0..6).flat_map(|number| [format!("sync_{number} ran"), format!("async_{number} ran")]);
    names.chain(["last ran".to_owned()]).filter(|name| !ended.out.contains(name)).count()
}

#[track_caller]
fn loses_nothing(place: &str, from: usize, how: &str) {
    let ended = stop(place, from, how);
    assert_eq!(lost(&ended), 0, "{how} in {place} from {from} on: {ended}");
    ended.assert_code(0);
}

#[test]
fn one_that_blocks_from_the_beginning_loses_no_hook() {
    for place in ["event", "new_span", "enter", "exit", "close"] {
        loses_nothing(place, 1, "block");
    }
}

#[test]
fn one_that_blocks_at_a_later_event_or_close_loses_no_hook() {
    for (place, from) in [("event", 2), ("event", 4), ("event", 9), ("record", 1), ("record", 5), ("close", 4)] {
        loses_nothing(place, from, "block");
    }
}

#[test]
fn one_that_needs_a_lock_of_main_or_writes_to_a_full_pipe_loses_no_hook() {
    for how in ["lock", "pipe"] {
        for (place, from) in [("event", 1), ("event", 5), ("new_span", 1), ("enter", 1)] {
            loses_nothing(place, from, how);
        }
    }
}

#[test]
fn one_that_blocks_later_around_a_hook_costs_those_that_meet_it_and_no_other() {
    for place in ["new_span", "enter", "exit"] {
        let ended = stop(place, 4, "block");
        let lines = ended.out.iter().chain(&ended.err);
        let timed_out = lines.filter(|line| line.contains(") timed out after ")).count();
        // A hook that has ended and cannot leave its span also counts as timed out.
        assert!((1..=4).contains(&timed_out), "{timed_out} hit in {place}: {ended}");
        assert!(lost(&ended) <= timed_out, "{place}: {ended}");
        ended.assert_code(124).assert_out("last ran");
    }
}

#[test]
fn one_that_panics_loses_no_hook_wherever_it_does() {
    for place in ["event", "new_span", "enter", "exit", "record", "close"] {
        for from in [1, 4] {
            loses_nothing(place, from, "panic");
        }
    }
}

#[test]
fn one_that_is_too_slow_for_all_there_is_to_tell_loses_no_line_of_the_report() {
    let program = Program::new(env!("CARGO_BIN_EXE_untraceable")).env("HOOKS", "500");
    let mut running = program.env("WHERE", "event").env("FROM", "1").env("HOW", "slow").start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    ended.assert_code(0).assert_before(GRACE).assert_err("1001 completed in").assert_out("last ran");
    let has_completed = |name: &str| ended.err.iter().any(|line| line.contains(name) && line.ends_with("completed"));
    assert!(
        (0..500).all(|number| has_completed(&format!("sync_{number} ")) && has_completed(&format!("async_{number} "))),
        "{ended}"
    );
}

/// The hook waits until the subscriber has handled all earlier events, and then gets its own time.
#[test]
fn spec_3_15_the_wait_for_a_slow_subscriber_is_not_the_time_of_the_hook_that_waits() {
    let program = Program::new(env!("CARGO_BIN_EXE_untraceable")).env("HOOKS", "25");
    let mut running = program.env("WHERE", "event").env("FROM", "1").env("HOW", "slow").start();
    running.signal(Signal::SIGTERM);
    running.wait().assert_code(0).assert_before(GRACE).assert_out("last ran");
}
