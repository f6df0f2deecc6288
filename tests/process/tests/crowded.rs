//! Tests a program with more work in flight than the table of slots holds.

use process::{Program, Signal};

#[test]
fn spec_3_8_work_that_finds_no_slot_is_waited_for_and_counted_in_the_report() {
    let mut running = Program::new(env!("CARGO_BIN_EXE_crowded")).start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    ended.assert_code(124).assert_out("hook");
    let count = |name: &str| -> usize {
        let line = ended.err.iter().find_map(|line| line.split_once(&format!("no longer waiting for {name}: ")));
        let (_, rest) = line.unwrap_or_else(|| panic!("no line about {name}\n{ended}"));
        rest.split_once(' ').and_then(|(count, _)| count.parse().ok()).unwrap_or_else(|| panic!("no count\n{ended}"))
    };
    assert_eq!(count("import") + count("(more)"), 400_000, "{ended}");
}
