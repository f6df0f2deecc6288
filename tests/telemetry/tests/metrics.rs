//! Tests which values a `metrics` recorder has at a flush and at the end.

use std::time::Duration;

use process::{Ended, Program, Signal};

fn stop(recorder: &str) -> Ended {
    let mut running = Program::new(env!("CARGO_BIN_EXE_metered")).env("RECORDER", recorder).start();
    running.signal(Signal::SIGTERM);
    running.wait()
}

/// Returns the values of one metric, as its exporter writes them, at one time (`flush` or `end`).
fn figures(ended: &Ended, time: &str, start: &str) -> Vec<f64> {
    let start = format!("{time}: {start}");
    let lines = ended.out.iter().filter(|line| line.starts_with(&start));
    lines.map(|line| line.rsplit(' ').next().and_then(|figure| figure.parse().ok()).expect("a figure")).collect()
}

#[test]
fn a_flush_hook_finds_the_figures_of_all_phases_before_it() {
    let ended = stop("");
    ended.assert_code(124);
    let total = |labels: &str| figures(&ended, "flush", &format!("on_shutdown_hooks_total{{{labels}"));
    assert_eq!(total(r#"hook="leaves",phase="deregister",outcome="completed"}"#), [1.0], "{ended}");
    assert_eq!(total(r#"hook="fails",phase="stop",outcome="failed"}"#), [1.0], "{ended}");
    assert_eq!(total(r#"hook="hangs",phase="close",outcome="timed_out"}"#), [1.0], "{ended}");
    assert_eq!(total(r#"hook="closes_"#), [1.0; 20], "{ended}");
    let sum = figures(&ended, "flush", r#"on_shutdown_hook_duration_seconds_sum{hook="hangs""#);
    assert!(matches!(sum[..], [seconds] if (0.1..2.0).contains(&seconds)), "{sum:?} {ended}");
    assert_eq!(figures(&ended, "flush", "on_shutdown_in_flight_at_drain"), [3.0], "{ended}");
    let left = figures(&ended, "flush", "on_shutdown_time_left_seconds");
    assert!(matches!(left[..], [seconds] if (1.0..8.4).contains(&seconds)), "{left:?} {ended}");
}

#[test]
fn at_the_end_everything_is_counted_once() {
    let ended = stop("");
    assert_eq!(figures(&ended, "end", "on_shutdown_hooks_total").iter().sum::<f64>(), 24.0, "{ended}");
    let (took, left) =
        (figures(&ended, "end", "on_shutdown_duration"), figures(&ended, "end", "on_shutdown_time_left"));
    assert!(matches!((&took[..], &left[..]), ([took], [left]) if (took + left - 8.5).abs() < 0.01), "{ended}");
}

#[test]
fn a_recorder_that_blocks_or_panics_changes_nothing_else() {
    for recorder in ["blocks", "panics"] {
        let ended = stop(recorder);
        ended.assert_code(124).assert_before(Duration::from_secs(10)).assert_out("last ran");
        ended.assert_err("hangs").assert_err("shutdown report: SIGTERM");
        for number in 0..20 {
            ended.assert_out(&format!("closes_{number} ran"));
        }
    }
}
