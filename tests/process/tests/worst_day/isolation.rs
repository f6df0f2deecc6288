//! Tests that one bad hook does not keep the others from running, and that the report names the bad hook.

use std::time::Duration;

use process::on_a_machine_that_wakes_within;

use crate::hostile::{GRACE, Hostile};

/// Runs one bad hook with healthy hooks in its group, in a later group, and in `flush`.
#[track_caller]
fn one_bad_hook(behavior: &str, code: i32, said: &str) {
    // With 64 hooks on a busy machine, a hook that ends by itself may wait long for a CPU.
    let timeout = if code == 124 { 500 } else { 4000 };
    for count in ["1", "4", "64"] {
        let finished = Hostile::new("parks")
            .hook("stop:0:4000:ok:3")
            .hook(&format!("stop:0:{timeout}:{behavior}:{count}"))
            .hook("stop:0:4000:nap:3")
            .hook("stop:0:4000:async-nap:3")
            .hook("close:0:4000:async-ok")
            .hook("finalize:0:4000:ok")
            .env("ON_SHUTDOWN_GRACE_PERIOD", "60s")
            .stop();
        finished.assert_ended(code);
        for healthy in ["ok-0", "ok-1", "ok-2", "nap-0", "nap-1", "nap-2", "async-nap-0", "async-nap-2", "async-ok-0"] {
            finished.assert_ran(healthy);
        }
        assert_eq!(finished.trace.iter().filter(|line| *line == "ok-0 ended").count(), 2, "{:#?}", finished.trace);
        finished.ended.assert_err(said).assert_err(&format!("{behavior}-0")).assert_err("hostile.rs:");
    }
}

#[test]
fn spec_3_15_a_hook_that_fails() {
    one_bad_hook("fails", 70, "failed: it cannot be done");
}

#[test]
fn spec_3_15_a_hook_that_panics() {
    one_bad_hook("panics", 70, "panicked: sync panic");
    one_bad_hook("async-panics", 70, "panicked: async panic");
    one_bad_hook("panics-payload", 70, "panicked: a value that is not text");
    one_bad_hook("panics-poison", 70, "panicked: a value that is not text");
}

#[test]
fn spec_3_15_a_hook_whose_error_panics_when_it_is_displayed() {
    one_bad_hook("display-panics", 70, "failed: its error panicked in `Display`: displayed with a panic");
}

#[test]
fn spec_3_15_a_hook_that_sleeps_for_ever() {
    one_bad_hook("sleeps", 124, "timed out, abandoned with its thread");
}

#[test]
fn spec_3_15_a_hook_that_blocks_its_thread_inside_async() {
    one_bad_hook("async-sleeps", 124, "timed out, abandoned with its thread");
    one_bad_hook("async-blocks-later", 124, "timed out, abandoned with its thread");
}

#[test]
fn spec_3_15_a_hook_that_spins() {
    one_bad_hook("spins", 124, "timed out, abandoned with its thread");
    one_bad_hook("async-spins", 124, "timed out, abandoned with its thread");
}

#[test]
fn spec_3_15_an_async_hook_is_cancelled_by_dropping_its_future() {
    one_bad_hook("async-awaits", 124, "timed out");
    // If the machine does not run the thread in time, the hook is abandoned, and the report says so.
    let is_cancelled = || {
        let finished = Hostile::new("parks").hook("stop:0:300:async-awaits").hook("close:0:4000:ok").stop();
        finished.assert_ended(124);
        let is_cancelled = finished.ended.err.iter().any(|line| line.contains("timed out, cancelled"));
        if is_cancelled {
            finished.assert_order(&["async-awaits-0 began", "async-awaits-0 dropped", "ok-0 began"]);
        } else {
            finished.assert_ran("ok-0").ended.assert_err("timed out, abandoned with its thread");
        }
        is_cancelled
    };
    // One of several, because the measurement does not see every thread that wakes late.
    match on_a_machine_that_wakes_within(Duration::from_millis(100), || (0..5).any(|_| is_cancelled())) {
        Some(is_cancelled) => assert!(is_cancelled, "five futures in a row were not dropped"),
        None => eprintln!("not judged: this machine is too busy"),
    }
}

#[test]
fn spec_3_15_a_hook_whose_drop_is_hostile() {
    one_bad_hook("async-drop-panics", 124, "timed out");
    one_bad_hook("async-drop-hangs", 124, "timed out, abandoned with its thread");
}

#[test]
fn spec_3_15_a_hook_that_calls_block_on() {
    one_bad_hook("async-block-on", 70, "panicked: Cannot start a runtime from within a runtime");
    let finished = Hostile::new("parks").hook("stop:0:4000:block-on:4").hook("close:0:4000:ok").stop();
    finished.assert_ended(0).assert_ran("block-on-3").assert_ran("ok-0");
}

#[test]
fn spec_3_15_a_hook_that_exhausts_the_blocking_pool_or_leaves_tasks_that_block() {
    for behavior in ["async-pool", "async-tasks"] {
        let finished = Hostile::new("multi-thread")
            .hook(&format!("stop:1:900:{behavior}"))
            .hook("stop:0:3000:async-nap:3")
            .hook("close:0:3000:async-ok")
            .stop();
        finished.assert_ran("async-nap-2").assert_ran("async-ok-0").ended.assert_before(GRACE);
    }
}

/// The hook blocks in its first poll until its timeout is over, and then awaits. It must not run for ever.
#[test]
fn spec_3_15_an_async_hook_is_cancelled_after_a_first_poll_that_takes_too_long() {
    let finished = Hostile::new("parks")
        .hook("stop:1:300:async-blocks-first")
        .hook("stop:0:4000:async-long-nap")
        .hook("close:0:4000:ok")
        .stop();
    finished.assert_ended(124).assert_ran("async-long-nap-0").assert_ran("ok-0");
    // The hook is cancelled, or abandoned on a busy machine. It is dropped in both cases.
    finished.assert_order(&["async-blocks-first-0 began", "async-blocks-first-0 dropped", "async-long-nap-0 ended"]);
}

#[test]
fn spec_3_15_what_a_hook_leaves_in_its_runtime_goes_before_the_next_hook_has_it() {
    let finished = Hostile::new("parks").hook("stop:0:3000:async-leaves").hook("close:0:3000:async-nap").stop();
    finished.assert_ended(0).assert_order(&["async-leaves-0 ended", "async-leaves-0 dropped", "async-nap-0 ended"]);
    finished.ended.assert_err("completed, left 1 task unfinished (");
}

#[test]
fn spec_3_15_a_hook_waits_a_moment_for_the_tasks_that_it_spawned() {
    for behavior in ["async-spawns", "async-spawns-blocking"] {
        let stop =
            || Hostile::new("parks").hook(&format!("stop:0:3000:{behavior}")).hook("close:0:3000:async-nap").stop();
        // The hook waits 250 ms, and the task takes 20 ms.
        let Some(finished) = on_a_machine_that_wakes_within(Duration::from_millis(100), stop) else {
            eprintln!("not judged: this machine is too busy");
            continue;
        };
        let (ended, nap) = (format!("{behavior}-0 task ended"), "async-nap-0 began");
        finished.assert_ended(0).assert_order(&[&ended, nap]).ended.assert_no_err("unfinished");
    }
    let finished =
        Hostile::new("parks").hook("stop:0:3000:async-leaves-blocking").hook("close:0:3000:async-nap").stop();
    finished.assert_ended(0).assert_ran("async-nap-0").ended.assert_err("completed, left 1 task unfinished (");
}

#[test]
fn spec_3_15_a_hook_that_waits_for_a_lock_of_main() {
    let finished =
        Hostile::new("holds-lock").hook("stop:0:500:locks:2").hook("stop:0:3000:ok").hook("close:0:3000:ok").stop();
    finished.assert_ended(124).assert_ran("ok-0").ended.assert_err("locks-1 (").assert_err("timed out");
}
