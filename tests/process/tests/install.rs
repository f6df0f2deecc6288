//! Tests that install refuses wrong settings, environments and plans, and says what to write instead.

use process::{Ended, Program};

fn idle_with(name: &str, value: &str) -> Ended {
    Program::new(env!("CARGO_BIN_EXE_idle")).env(name, value).run()
}

#[test]
fn spec_3_10_a_bad_grace_period_names_the_variable_the_value_and_what_to_write() {
    for (value, said) in [
        ("30", "`ON_SHUTDOWN_GRACE_PERIOD=30` is not a duration: the unit is missing; write `30s`"),
        ("soon", "`ON_SHUTDOWN_GRACE_PERIOD=soon` is not a duration: "),
        (
            "0s",
            "a grace period of 0 µs (from ON_SHUTDOWN_GRACE_PERIOD) cannot be used; write a duration between 100 ms and 7days",
        ),
        ("5M", "`ON_SHUTDOWN_GRACE_PERIOD=5M` is not a duration: `M` is a month; write `5m`"),
        ("99999999999999999999s", "`ON_SHUTDOWN_GRACE_PERIOD=99999999999999999999s` is not a duration: "),
        ("-5s", "`ON_SHUTDOWN_GRACE_PERIOD=-5s` is not a duration: "),
    ] {
        let ended = idle_with("ON_SHUTDOWN_GRACE_PERIOD", value);
        ended.assert_code(78).assert_err(said).assert_no_err("panicked");
        assert_eq!(ended.out, [""; 0], "it must not start\n{ended}");
    }
}

/// `${GRACE:-}` in a compose file sets an empty variable.
#[test]
fn spec_3_10_an_empty_variable_means_that_it_is_not_set() {
    for blank in ["", " ", "\t\n"] {
        let mut program = Program::new(env!("CARGO_BIN_EXE_idle"));
        for name in [
            "ON_SHUTDOWN",
            "ON_SHUTDOWN_GRACE_PERIOD",
            "ON_SHUTDOWN_HOOKS",
            "ON_SHUTDOWN_REPORT",
            "KUBERNETES_SERVICE_HOST",
            "NOTIFY_SOCKET",
        ] {
            program = program.env(name, blank);
        }
        let mut program = program.start();
        program.signal(process::Signal::SIGTERM);
        program.wait().assert_code(0).assert_out("hook").assert_err("grace period 10 s (the default");
    }
}

#[test]
fn spec_3_10_the_choice_and_its_source_are_printed() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_idle")).env("ON_SHUTDOWN_GRACE_PERIOD", "1m30s").start();
    program.signal(process::Signal::SIGTERM);
    let said = "1 hook, on SIGTERM, SIGINT; grace period 1m 30s (from ON_SHUTDOWN_GRACE_PERIOD), deadline 1m 25s";
    program.wait().assert_code(0).assert_err(said);
}

#[test]
fn spec_3_10_the_platform_gives_the_default_and_the_environment_goes_before_it() {
    let on_kubernetes = || {
        Program::new(env!("CARGO_BIN_EXE_idle"))
            .env("KUBERNETES_SERVICE_HOST", "10.0.0.1")
            .env("ON_SHUTDOWN_DRAIN_DELAY", "0s")
    };
    let mut program = on_kubernetes().start();
    program.signal(process::Signal::SIGTERM);
    let said = "grace period 30 s (the default of Kubernetes, detected by KUBERNETES_SERVICE_HOST), deadline 25.5 s";
    program.wait().assert_code(0).assert_err(said);
    let mut program = on_kubernetes().env("ON_SHUTDOWN_GRACE_PERIOD", "20s").start();
    program.signal(process::Signal::SIGTERM);
    program.wait().assert_code(0).assert_err("grace period 20 s (from ON_SHUTDOWN_GRACE_PERIOD)");
}

#[test]
fn spec_3_22_an_unknown_mode_is_an_error() {
    let ended = idle_with("ON_SHUTDOWN", "plans");
    ended.assert_code(78).assert_err("`ON_SHUTDOWN=plans` is unknown; write `ON_SHUTDOWN=plan` to print the plan");
}

fn refused(what: &str) -> Ended {
    Program::new(env!("CARGO_BIN_EXE_refused")).arg(what).run()
}

#[test]
fn bad_settings_are_errors_at_install() {
    for (what, said) in [
        ("no-signals", "the set of signals is empty; name at least one"),
        ("sigkill", "SIGKILL cannot be caught"),
        ("sigstop", "SIGSTOP cannot be caught"),
        ("no-such-signal", "there is no signal with the number 1234"),
        (
            "zero-grace",
            "a grace period of 0 µs (set by the program) cannot be used; write a duration between 100 ms and 7days",
        ),
        ("endless-grace", "cannot be used; write a duration between 100 ms and 7days"),
        (
            "long-delay",
            "a drain delay of 9 s leaves no time for hooks: the grace period of 10 s gives hooks 8.3 s, of which \
             the last 1 s are kept for flush; write a `drain_delay` of at most 6.47 s or a \
             `grace_period` of at least 14 s",
        ),
        ("endless-delay", "; write a `drain_delay` of at most 6.47 s"),
        // Two of three seconds, but the slice for flush does not leave two seconds.
        (
            "short-grace",
            "a drain delay of 2 s leaves no time for hooks: the grace period of 3 s gives hooks 2.28 s, of which \
             the last 1 s are kept for flush; write a `drain_delay` of at most 1.05 s",
        ),
        (
            "too-short-grace",
            "a drain delay of 1.2 s leaves only 80 ms for hooks: the grace period of 3 s gives hooks 2.28 s",
        ),
        (
            "long-drain",
            "a minimum drain time of 7 s leaves later hooks no time: the grace period of 10 s gives hooks 8.3 s, of which \
             the last 1 s are kept for flush, and 830 ms for a hook before it; write a `min_drain_time` of at most \
             6.47 s or a `grace_period` of at least 11 s",
        ),
        (
            "long-drain-after-delay",
            "a minimum drain time of 4 s after a drain delay of 3 s leaves later hooks no time: ",
        ),
        ("long-drain-after-delay", "; write a `min_drain_time` of at most 3.47 s or a `grace_period` of at least 11 s"),
        ("endless-drain", "; write a `min_drain_time` of at most 6.47 s"),
        (
            "no-drain",
            "a maximum drain time of zero cuts off all work in flight; write a longer `max_drain_time`, or remove it",
        ),
        (
            "short-drain",
            "the maximum drain time of 2 s is shorter than the minimum of 3 s; write a `max_drain_time` of at least 3 s, or a \
             shorter `min_drain_time`",
        ),
    ] {
        let ended = refused(what);
        ended.assert_code(0).assert_out(said).assert_no_err("panicked");
    }
}

#[test]
fn spec_3_13_a_plan_that_does_not_fit_is_named_at_install() {
    let ended = refused("half-delay");
    ended.assert_err("the drain delay of 5 s is more than half of the usable 8.3 s; write a shorter `drain_delay`");
    ended.assert_err(
        "exceeds the usable time of 8.3 s; if every hook takes its whole timeout, these hooks are cut short: endless to",
    );
}

#[test]
fn a_maximum_drain_time_is_accepted_and_a_warning_says_that_it_has_no_effect() {
    let has_effect = refused("same-drain");
    has_effect.assert_out("installed: ").assert_no_err("`max_drain_time`");
    let unused = refused("unused-drain");
    unused.assert_out("installed: ").assert_err(
        "`max_drain_time` of 1m has no effect: work in flight is waited for until 4.15 s at most; write a shorter \
         `max_drain_time`, or remove it",
    );
}

#[test]
fn spec_3_5_a_cycle_is_an_error_at_install_that_prints_the_chain() {
    let ended = Program::new(env!("CARGO_BIN_EXE_cycle")).run();
    ended
        .assert_code(78)
        .assert_err("these hooks wait for each other: egg (tests/process/src/bin/cycle.rs:6) is after");
    assert_eq!(ended.out, [""; 0], "{ended}");
}

#[test]
fn spec_3_1_a_thousand_annotated_hooks_are_found_and_run() {
    let mut program = Program::new(env!("CARGO_BIN_EXE_many")).start();
    program.signal(process::Signal::SIGTERM);
    program.wait().assert_code(0).assert_out("1000 hooks ran before").assert_err("1001 completed");
}
