//! Tests the order across phases, priorities and crates.

use process::{Program, Signal};

#[test]
fn spec_3_7_hooks_of_three_crates_run_in_order() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_ordered")).start();
    program.signal(Signal::SIGTERM);
    let ended = program.wait();
    ended.assert_code(0);
    let expected = [
        "ready",
        "app: leave registry",
        "metrics: count the stop",
        "orders: stop accepting",
        "app: stop timers",
        "orders: flush",
        "app: archive orders",
        "app: stop cache",
        "app: close pool",
        "orders: close",
        "metrics: flush",
    ];
    assert_eq!(ended.out, expected, "{ended}");
}

#[test]
fn spec_3_22_the_plan_is_printed_without_running_anything() {
    let ended = Program::new(env!("CARGO_BIN_EXE_ordered")).env("ON_SHUTDOWN", "plan").run();
    ended.assert_code(0).assert_out("shutdown plan: 10 hooks, grace period 10 s (the default");
    ended.assert_out("tests/process/crates/orders/src/lib.rs:11  process-orders 0.3.1");
    let place = |text: &str| ended.out.iter().position(|line| line.contains(text)).expect(text);
    let order =
        ["deregister", "leave_registry", "count_the_stop", "drain", "stop_timers", "flush_orders", "flush_metrics"];
    assert!(order.map(place).is_sorted(), "{ended}");
    assert!(!ended.out.iter().any(|line| line == "ready"), "{ended}");
}
