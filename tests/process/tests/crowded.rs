//! Tests a program with more work in flight than the table of slots holds.

use std::time::Duration;

use process::{Program, Signal, on_a_machine_that_wakes_within};

#[test]
fn spec_3_8_work_that_finds_no_slot_is_waited_for_and_counted_in_the_report() {
    let stop = || {
        let mut running = Program::new(env!("CARGO_BIN_EXE_crowded")).start();
        running.signal(Signal::SIGTERM);
        running.wait()
    };
    // To list so many pieces of work takes a good part of the time before the deadline.
    let Some(ended) = on_a_machine_that_wakes_within(Duration::from_millis(100), stop) else {
        return eprintln!("not judged: this machine is too busy");
    };
    ended.assert_code(124).assert_out("hook");
    let count = |name: &str| -> usize {
        let line = ended.err.iter().find_map(|line| line.split_once(&format!("no longer waiting for {name}: ")));
        let (_, rest) = line.unwrap_or_else(|| panic!("no line about {name}\n{ended}"));
        rest.split_once(' ').and_then(|(count, _)| count.parse().ok()).unwrap_or_else(|| panic!("no count\n{ended}"))
    };
    assert_eq!(count("import") + count("(more)"), 400_000, "{ended}");
}
