//! Tests that a program and its environment change and disable a dependency's hooks by their full names.

use process::{Ended, Program, Signal};

const HOOKS: &str = "ON_SHUTDOWN_HOOKS";

fn stopped(mut program: process::Running) -> Ended {
    program.signal(Signal::SIGTERM);
    program.wait()
}

#[test]
fn the_program_changes_hooks_by_their_full_names() {
    let ended = stopped(Program::new(env!("CARGO_BIN_EXE_retimed")).start());
    ended.assert_code(0).assert_err("4 hooks (1 disabled), on SIGTERM, SIGINT; grace period 20 s (set by the program)");
    let expected = ["ready", "metrics: count the stop", "orders: stop accepting", "orders: flush", "orders: close"];
    assert_eq!(ended.out, expected, "{ended}");
    let plan = Program::new(env!("CARGO_BIN_EXE_retimed")).env("ON_SHUTDOWN", "plan").run();
    plan.assert_code(0).assert_out("within 2 s  ").assert_out("(timeout was 5 s, priority was 5)");
    plan.assert_out("disabled by the program's settings: process_metrics::flush_metrics (");
}

#[test]
fn the_environment_changes_what_the_program_leaves_open() {
    let changed = |program| {
        Program::new(program)
            .env(HOOKS, "process_orders::stop_accepting_orders timeout=3s; process_orders::close_orders disabled;")
    };
    let ended = stopped(changed(env!("CARGO_BIN_EXE_retimed")).start());
    ended.assert_code(0).assert_err("3 hooks (2 disabled)");
    let plan = changed(env!("CARGO_BIN_EXE_retimed")).env("ON_SHUTDOWN", "plan").run();
    plan.assert_out("(timeout was 5 s, priority was 5)").assert_out("within 3 s");
    plan.assert_out("disabled by `ON_SHUTDOWN_HOOKS`: process_orders::close_orders (");
}

#[test]
fn what_is_after_a_disabled_hook_does_not_wait_for_it() {
    let program = Program::new(env!("CARGO_BIN_EXE_ordered")).env(HOOKS, "process_orders::flush_orders disabled");
    let ended = stopped(program.start());
    ended.assert_code(0).assert_out("app: archive orders");
    assert!(!ended.out.iter().any(|line| line == "orders: flush"), "{ended}");
}

#[test]
fn spec_3_5_an_after_that_a_changed_priority_contradicts_is_an_error() {
    let program = Program::new(env!("CARGO_BIN_EXE_ordered")).env(HOOKS, "process_orders::flush_orders priority=-1");
    program.run().assert_code(78).assert_err("archive_orders (").assert_err("which runs later");
}

#[test]
fn a_change_that_cannot_be_made_is_an_error_at_install_that_says_what_to_write() {
    for (text, said) in [
        (
            "process_orders::flush_order disabled",
            "`ON_SHUTDOWN_HOOKS`: there is no hook `process_orders::flush_order`; write `process_orders::flush_orders`",
        ),
        ("flush_orders disabled", "write `process_orders::flush_orders`"),
        ("zzz disabled", "the hooks are `"),
        // A name without a crate is no hook of any program.
        ("::flush_orders disabled", "there is no hook `::flush_orders`; write `process_orders::flush_orders`"),
        ("process_orders::stock::flush disabled", "there is no hook `process_orders::stock::flush`; "),
        (
            "process_orders::flush_orders",
            "`process_orders::flush_orders` has no setting; write `process_orders::flush_orders disabled`",
        ),
        (
            "process_orders::flush_orders off",
            "`off` is not a valid setting of `process_orders::flush_orders`: write `disabled`, `timeout=2s` or `priority=10`",
        ),
        ("process_orders::flush_orders timeout=2", "the unit is missing; write `2s`"),
        ("process_orders::flush_orders timeout=0s", "the timeout of `process_orders::flush_orders` is zero"),
        ("process_orders::flush_orders priority=high", "a priority is a whole number"),
    ] {
        let ended = Program::new(env!("CARGO_BIN_EXE_ordered")).env(HOOKS, text).run();
        ended.assert_code(78).assert_err(said).assert_no_err("panicked");
        assert_eq!(ended.out, [""; 0], "it must not start\n{ended}");
    }
}

/// A child inherits the variable of its parent, and does not know the parent's hooks.
#[test]
fn spec_3_30_a_change_for_a_crate_without_hooks_is_a_warning() {
    let ordered = || Program::new(env!("CARGO_BIN_EXE_ordered"));
    for (text, said) in [
        (
            "proces_orders::flush_orders disabled",
            "`proces_orders::flush_orders disabled` has no effect: this program has no hooks of a crate \
             `proces_orders`; if the entry is not for another program, write `process_orders::flush_orders`",
        ),
        ("proces_orders::nothing disabled", "if the entry is not for another program, write `process_orders::..`"),
        (
            "stock::flush_orders disabled",
            "this program has no hooks of a crate `stock`; if the entry is not for another program, link the crate with \
             `use stock as _;`, or name a hook that `ON_SHUTDOWN=plan` lists",
        ),
        // Nothing of the entry is read, because the other program may know more.
        ("stock::flush_orders", "`stock::flush_orders` has no effect"),
        ("stock::flush_orders retries=2", "`stock::flush_orders retries=2` has no effect"),
        ("stock::flush_orders timeout=0s", "`stock::flush_orders timeout=0s` has no effect"),
    ] {
        let text = format!("{text}; ordered::stop_timers disabled");
        let ended = stopped(ordered().env(HOOKS, &text).start());
        ended.assert_code(0).assert_err(said).assert_out("orders: flush");
        assert_eq!(ended.err.iter().filter(|line| line.contains("has no effect")).count(), 1, "{ended}");
        assert!(!ended.out.iter().any(|line| line == "app: stop timers"), "the other entry counts\n{ended}");
        let check = ordered().env(HOOKS, &text).env("ON_SHUTDOWN", "check").run();
        check.assert_code(78).assert_out("note: `ON_SHUTDOWN_HOOKS`: `").assert_err("found 1 warning");
    }
}

#[test]
fn each_change_keeps_its_own_source() {
    let text = "process_metrics::flush_metrics timeout=3s";
    let plan = Program::new(env!("CARGO_BIN_EXE_retimed")).env("ON_SHUTDOWN", "plan").env(HOOKS, text).run();
    plan.assert_code(0).assert_out("disabled by the program's settings: process_metrics::flush_metrics (");
    let text = "process_metrics::flush_metrics disabled";
    let plan = Program::new(env!("CARGO_BIN_EXE_retimed")).env("ON_SHUTDOWN", "plan").env(HOOKS, text).run();
    plan.assert_code(0).assert_out("disabled by `ON_SHUTDOWN_HOOKS`: process_metrics::flush_metrics (");
}

#[test]
fn a_change_of_one_hook_leaves_a_hook_with_a_longer_name_alone() {
    let text = "idle::flush timeout=3s";
    let plan = Program::new(env!("CARGO_BIN_EXE_idle")).env("ON_SHUTDOWN", "plan").env(HOOKS, text).run();
    plan.assert_code(78).assert_err("there is no hook `idle::flush`");
    let program = || Program::new(env!("CARGO_BIN_EXE_every_default")).env("ON_SHUTDOWN", "plan");
    let plan = program().env(HOOKS, "every_default::flush timeout=3s").run();
    plan.assert_code(0).assert_out("every_default::flush        within 3 s");
    plan.assert_out("every_default::flush_all    within 5 s");
    let plan = program().env(HOOKS, "every_default::flush disabled").run();
    plan.assert_code(0)
        .assert_out("every_default::flush_all    within")
        .assert_out("disabled by `ON_SHUTDOWN_HOOKS`: every_default::flush (");
}
