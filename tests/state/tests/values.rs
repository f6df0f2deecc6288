//! Tests what hooks receive: values by type, and the context of the shutdown.

use std::time::Duration;

use process::{Ended, Program, Signal};

fn stopped(program: &str) -> Ended {
    let mut program = Program::new(program).start();
    program.signal(Signal::SIGTERM);
    program.wait()
}

fn line_of(source: &str, text: &str) -> usize {
    source.lines().position(|line| line.contains(text)).expect("it is there") + 1
}

#[test]
fn spec_3_4_values_are_found_by_type_and_taken_by_value_by_reference_and_optionally() {
    stopped(env!("CARGO_BIN_EXE_values")).assert_order(&[
        "by value: name alias",
        "by reference: name 7",
        "across an await: name changed",
        "optional: true false true",
        "generic: 2 3",
        "replaced: 3",
        "mixed: name true",
        "late: it is there",
        "after the missing one",
    ]);
}

#[test]
fn spec_3_4_a_hook_whose_value_is_missing_is_skipped_and_the_report_names_both() {
    let ended = stopped(env!("CARGO_BIN_EXE_values"));
    for hook in ["missing", "missing_reference"] {
        let why = "skipped: no `values::Never` was provided (tests/state/src/bin/values.rs:";
        let named = |line: &&String| line.contains(&format!(" {hook} ")) && line.contains(why);
        assert_eq!(ended.err.iter().filter(named).count(), 1, "{hook}\n{ended}");
    }
    assert!(ended.out.iter().all(|line| !line.contains("must not be seen")), "{ended}");
    ended.assert_code(70).assert_err("10 completed, 2 skipped");
}

#[test]
fn spec_3_4_a_missing_value_names_the_similar_value_that_was_provided_and_the_code_is_70() {
    let ended = Program::new(env!("CARGO_BIN_EXE_near_misses")).run();
    let source = include_str!("../src/bin/near_misses.rs");
    for (hook, why, provided) in [
        ("wants_plain", "no `Db` was provided, but an `Arc<Db>` was", "provide(Arc::new(Db))"),
        ("wants_arc", "no `Arc<Pool>` was provided, but a `Pool` was", "provide(Pool)"),
        ("wants_some", "no `Cache` was provided, but an `Option<Cache>` was", "provide(Some(Cache))"),
        ("wants_unboxed", "no `Queue` was provided, but a `Box<Queue>` was", "provide(Box::new(Queue))"),
        ("wants_owned", "no `Name` was provided, but a `&Name` was", "provide(&Name)"),
        (
            "wants_mutex",
            "no `Arc<Mutex<Vec<Index>>>` was provided, but an `Arc<RwLock<Vec<Index>>>` was",
            "provide(Arc::new(RwLock::new(",
        ),
        (
            "wants_of_orders",
            "no `near_misses::orders::Client` was provided, but a `near_misses::payments::Client` was",
            "provide(payments::Client)",
        ),
        ("wants_shared_item", "no `Arc<Item>` was provided, but an `Item` was", "provide(stock::Item)"),
        (
            "wants_twin",
            "no `near_misses::versions::provide_other::Twin` was provided, but a \
             `near_misses::versions::provide_other::Twin` of another version of its crate was",
            "provide(Twin)",
        ),
    ] {
        let line = line_of(source, provided);
        let why = format!("skipped: {why}, at tests/state/src/bin/near_misses.rs:{line} (tests/state/");
        let found = |line: &&String| line.contains(&format!(" {hook} ")) && line.contains(&why);
        assert_eq!(ended.err.iter().filter(found).count(), 1, "{hook}: {why}\n{ended}");
    }
    ended.assert_code(70).assert_out("perhaps: false").assert_err("1 completed, 10 skipped");
    ended.assert_err("skipped: no `near_misses::Strange` was provided (tests/state/");
    assert!(ended.out.iter().all(|line| !line.contains("must not be seen")), "{ended}");
}

#[test]
fn spec_3_4_a_second_value_of_a_type_is_refused_and_the_place_of_the_first_is_named() {
    let line = line_of(include_str!("../src/bin/values.rs"), "replace_provided(Replaced(1))");
    let error = format!("error: a `values::Replaced` was already provided at tests/state/src/bin/values.rs:{line}:5; ");
    stopped(env!("CARGO_BIN_EXE_values")).assert_out(&error).assert_out("replace_provided");
}

#[test]
fn spec_3_4_a_value_is_cloned_and_dropped_outside_of_every_lock() {
    stopped(env!("CARGO_BIN_EXE_drops")).assert_code(0).assert_order(&[
        "dropped refused: true",
        "dropped first: true",
        "ready",
        "cloned second",
        "taken clone",
        "dropped clone: true",
    ]);
}

#[test]
fn spec_3_4_the_context_has_trigger_phase_time_and_fast_shutdown() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_context")).start();
    program.signal(Signal::SIGINT);
    program.out_line("waits: fast false");
    // Within a second, a repeated signal counts as the same request.
    std::thread::sleep(Duration::from_millis(1100));
    program.signal(Signal::SIGINT);
    let ended = program.wait();
    for (name, phase) in [("deregistered", "deregister"), ("drained", "drain"), ("registered", "close")] {
        let is_named = |line: &&String| {
            line.starts_with(&format!("{name}: SIGINT from pid "))
                && line.ends_with(&format!(" in {phase}, time is plausible true"))
        };
        assert_eq!(ended.out.iter().filter(is_named).count(), 1, "{name}\n{ended}");
    }
    ended
        .assert_out("drained: time has passed: true")
        .assert_out("patient: the deadline is past: true")
        .assert_out("waits: fast true, soon over true")
        .assert_out("polls: fast")
        .assert_out("flushed: soon over true")
        .assert_before(Duration::from_secs(20));
}
