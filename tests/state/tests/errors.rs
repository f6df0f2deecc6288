//! Tests the errors that hooks return: the report keeps their texts and the values.

use process::{Ended, Program};

fn ended() -> Ended {
    Program::new(env!("CARGO_BIN_EXE_errors")).run()
}

#[test]
fn spec_3_24_the_report_keeps_the_error_of_a_hook_as_text_and_as_value() {
    let ended = ended();
    for line in [
        "fails_sync: code 5, Some(5) None false None",
        "fails_async: no space, None Some(Other) false None",
        "fails_boxed: boxed, None None true None",
        "registered: code 6, Some(6) None false None",
        "registered_sync: text, None None false Some(\"text\")",
    ] {
        assert!(ended.out.iter().any(|found| found == line), "{line}\n{ended}");
    }
    // Once for each of the two errors of this type, although the report was written and printed.
    ended.assert_code(42).assert_out("displayed 2 times").assert_err("failed: code 5 (tests/state/");
}

#[test]
fn spec_3_15_an_error_that_panics_in_display_and_drop_is_a_failed_hook() {
    let ended = ended();
    ended.assert_code(42).assert_err("failed: its error panicked in `Display`: no words for it (tests/state/");
    ended.assert_out("fails_hostile: its error panicked in `Display`: no words for it, None None false None");
}

#[test]
fn spec_3_15_the_error_of_a_hook_that_was_abandoned_is_dropped_outside_of_every_lock() {
    let ended = ended();
    ended.assert_code(42).assert_err("timed out, abandoned").assert_order(&["dropped 1: Ok(8)", "dropped 2: Ok(8)"]);
}
