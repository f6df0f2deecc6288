//! Tests that lines stay JSON on the worst day.

use crate::hostile::Hostile;

/// Hooks that are bad in every way that leaves the report to be written.
const BAD: [&str; 12] = [
    "stop:0:4000:fails",
    "stop:0:4000:panics",
    "stop:0:4000:panics-poison",
    "stop:0:4000:display-panics",
    "stop:0:4000:async-panics",
    "stop:0:300:sleeps",
    "stop:0:300:async-awaits",
    "stop:0:300:async-sleeps",
    "stop:0:300:async-drop-panics",
    "stop:0:300:async-drop-hangs",
    "flush:0:300:async-blocks-first",
    "finalize:0:4000:ok",
];

#[test]
fn spec_3_24_json_lines_stay_json_on_the_worst_day() {
    let mains = [
        "parks",
        "spins",
        "holds-stdout",
        "holds-stderr",
        "holds-lock",
        "multi-thread",
        "multi-thread-blocked",
        "current-thread",
        "current-thread-spins",
        "no-descriptors",
        "panics-later",
    ];
    for main in mains {
        // A panic writes with the lock of stderr, which one `main` holds.
        let panics = if main == "holds-stderr" { "panic" } else { "nothing" };
        let hooks = BAD.into_iter().filter(|hook| !hook.contains(panics));
        let finished = hooks.fold(Hostile::new(main), Hostile::hook).env("ON_SHUTDOWN_FORMAT", "json").stop();
        let lines = finished.ended.json_lines();
        let last = lines.last().unwrap_or_else(|| panic!("no line of {main}\n{}", finished.ended));
        assert_eq!(last["event"], "report", "{main}\n{}", finished.ended);
        assert_eq!(last["exit_code"].as_i64(), finished.ended.code.map(i64::from), "{main}\n{}", finished.ended);
        let timed_out = lines.iter().filter(|line| line["event"] == "hook_timed_out").count();
        assert!(timed_out >= 4, "{main}\n{}", finished.ended);
        assert!(!finished.ended.err.iter().any(|line| line.starts_with("on-shutdown: ")), "{main}\n{}", finished.ended);
    }
}
