//! Tests that stderr names a hook that hangs, with its location and its activity, while it hangs and when it times out.

use process::{Signal, on_a_machine_that_keeps_time};

use crate::hostile::{Finished, Hostile};

/// Hangs long enough for a progress line, then times out.
fn hang(main: &str, behavior: &str) -> Finished {
    let hook = format!("stop:0:8000:{behavior}");
    let stop = || Hostile::new(main).env("ON_SHUTDOWN_GRACE_PERIOD", "30s").hook(&hook).stop();
    let finished = on_a_machine_that_keeps_time(stop);
    let name = format!("{behavior}-0 (tests/process/src/bin/hostile.rs:");
    let said = |what: &str| finished.ended.err.iter().any(|line| line.contains(&name) && line.contains(what));
    assert!(said("still runs after ") && said("timed out after "), "{}", finished.ended);
    assert_times(&finished);
    finished
}

/// Expects that the first progress line comes after 5 s, and that the elapsed and the remaining time are the timeout.
#[track_caller]
fn assert_times(finished: &Finished) {
    let line = finished.ended.err.iter().find_map(|line| line.split_once("still runs after ")).expect("there is one").1;
    let times: Vec<f64> = line.split(" s").filter_map(|text| text.trim_start_matches(", ").parse().ok()).collect();
    let [elapsed, remaining] = times[..] else { panic!("no two times in `{line}`\n{}", finished.ended) };
    assert!(elapsed >= 5.0 && (elapsed + remaining - 8.0).abs() < 0.3, "{line}\n{}", finished.ended);
}

/// Expects the activity in the progress line (a busy machine may print two), in the timeout line and in the report.
#[track_caller]
fn assert_said(finished: &Finished, doing: &str) {
    let saying = finished.ended.err.iter().filter(|line| line.contains(doing));
    let (progress, end): (Vec<_>, Vec<_>) = saying.partition(|line| line.contains("still runs after "));
    assert!(!progress.is_empty() && end.len() == 2, "`{doing}`\n{}", finished.ended);
}

#[test]
#[cfg(target_os = "linux")]
fn spec_3_23_the_culprit_is_named_with_what_it_does() {
    std::thread::scope(|scope| {
        scope.spawn(|| assert_said(&hang("parks", "sleeps"), "sleeping in clock_nanosleep"));
        scope.spawn(|| assert_said(&hang("parks", "async-sleeps"), "sleeping in clock_nanosleep"));
        scope.spawn(|| assert_said(&hang("parks", "spins"), "running on the CPU"));
        scope.spawn(|| assert_said(&hang("holds-lock", "locks"), "waiting in futex, for a lock or another thread"));
        scope.spawn(|| assert_said(&hang("parks", "reads-pipe"), "waiting in read on fd "));
        scope.spawn(|| {
            let finished = hang("parks", "reads-tcp");
            let peer = finished.ended.out.iter().find_map(|line| line.strip_prefix("peer ")).expect("it said where");
            assert_said(&finished, &format!("a TCP connection to {peer}"));
        });
    });
}

#[test]
fn spec_3_23_the_activity_distinguishes_a_hook_that_awaits_from_one_that_blocks() {
    let finished = hang("parks", "async-awaits");
    finished.ended.assert_err("awaiting, last polled ").assert_no_err("sleeping in");
    if cfg!(target_os = "linux") {
        hang("parks", "async-reads-tcp").ended.assert_err("which watches").assert_err("a TCP connection to 127.0.0.1:");
    }
}

#[test]
fn spec_3_23_every_hook_that_still_runs_is_named() {
    let (mut running, trace) = Hostile::new("parks")
        .env("ON_SHUTDOWN_GRACE_PERIOD", "30s")
        .hook("stop:0:7000:sleeps:3")
        .hook("stop:0:7000:async-awaits:2")
        .hook("stop:0:7000:ok")
        .start();
    running.signal(Signal::SIGTERM);
    for name in ["sleeps-0", "sleeps-1", "sleeps-2", "async-awaits-0", "async-awaits-1"] {
        running.err_line(&format!("{name} (tests/process/src/bin/hostile.rs:"));
    }
    Finished::of(running, trace).ended.assert_code(124).assert_no_err("ok-0 (");
}
