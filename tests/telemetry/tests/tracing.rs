//! Tests which events a `tracing` subscriber gets, and what stderr gets if there is no subscriber.

use process::{Ended, Program, Running, Signal};
use serde_json::Value;

fn start(subscriber: &str, case: &str) -> Running {
    Program::new(env!("CARGO_BIN_EXE_traced")).env("SUBSCRIBER", subscriber).env("CASE", case).start()
}

fn stop(subscriber: &str, case: &str) -> Ended {
    let mut running = start(subscriber, case);
    running.signal(Signal::SIGTERM);
    running.wait()
}

/// Returns the JSON lines of stdout.
fn events_of(ended: &Ended) -> Vec<Value> {
    ended.out.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[track_caller]
fn the<'a>(events: &'a [Value], message: &str) -> &'a Value {
    let is_it = |event: &&Value| event["fields"]["message"].as_str().is_some_and(|said| said.contains(message));
    events.iter().find(is_it).unwrap_or_else(|| panic!("no `{message}` in {events:#?}"))
}

/// Returns the span that was closed for this hook.
#[track_caller]
fn span<'a>(events: &'a [Value], hook: &str) -> &'a Value {
    let closed = events.iter().filter(|event| event["fields"]["message"] == "close");
    let mut spans = closed.map(|event| &event["span"]).filter(|span| span["hook"] == hook);
    let span = spans.next().unwrap_or_else(|| panic!("no span of {hook} in {events:#?}"));
    assert!(spans.next().is_none(), "one span for {hook}");
    span
}

/// Returns the lines of stderr, except those at install, before a subscriber exists, and those of a hook's panic.
fn ours(ended: &Ended) -> Vec<&String> {
    let ours = |line: &&String| line.starts_with("on-shutdown: ") || line.starts_with("shutdown report");
    ended.err.iter().filter(ours).filter(|line| !line.contains("on SIGTERM") && !line.contains("worst case")).collect()
}

/// The feature is additive: even if a subscriber gets the report, stderr has the failures.
#[track_caller]
fn assert_one_line(ended: &Ended, start: &str) {
    let ours = ours(ended);
    assert!(matches!(ours[..], [line] if line.starts_with(start)), "one line that starts with `{start}`: {ended}");
}

#[test]
fn every_hook_has_a_span_with_its_place_and_its_outcome() {
    let events = events_of(stop("json", "ordinary").assert_code(124));
    for (hook, phase, priority, outcome) in [
        ("leaves", "deregister", 7, "completed"),
        ("works", "stop", 0, "completed"),
        ("fails", "stop", 0, "failed"),
        ("panics", "close", 0, "panicked"),
        ("hangs", "close", -1, "timed_out"),
        ("last", "finalize", 0, "completed"),
    ] {
        let span = span(&events, hook);
        assert_eq!(span["name"], "shutdown_hook");
        assert_eq!((&span["phase"], &span["priority"]), (&phase.into(), &priority.into()), "{span}");
        assert_eq!(span["outcome"], outcome, "{span}");
        assert!(span["timeout_seconds"].is_f64(), "{span}");
    }
}

#[test]
fn what_a_hook_says_lies_inside_its_span_also_after_an_await() {
    let events = events_of(&stop("json", "ordinary"));
    for (message, hook) in [
        ("inside the sync hook", "leaves"),
        ("before the await", "works"),
        ("after the await", "works"),
        ("alongside", "fails"),
        ("in the drop of the future", "hangs"),
    ] {
        let event = the(&events, message);
        assert_eq!(event["spans"].as_array().map(Vec::len), Some(1), "{event}");
        assert_eq!(event["span"]["hook"], hook, "{event}");
    }
}

#[test]
fn a_shutdown_emits_its_events_and_stderr_has_one_line_for_a_failure() {
    let ended = stop("json", "ordinary");
    let events = events_of(&ended);
    let level = |message: &str, level: &str| {
        let event = the(&events, message);
        assert_eq!((&event["level"], &event["target"]), (&level.into(), &"on_shutdown".into()), "{event}");
        event["fields"].clone()
    };
    let began = level("6 hooks to run within 8.5 s", "INFO");
    assert_eq!((&began["hooks"], &began["within_seconds"]), (&6.into(), &8.5.into()));
    assert!(began["trigger"].as_str().is_some_and(|trigger| trigger.starts_with("SIGTERM")), "{began}");
    assert_eq!(level("draining begins", "INFO")["in_flight"], 0);
    assert_eq!(level("works completed", "DEBUG")["outcome"], "completed");
    let failed = level("failed: no such table", "WARN");
    assert_eq!((&failed["hook"], &failed["phase"]), (&"fails".into(), &"stop".into()));
    assert!(failed["line"].is_u64() && failed["file"].as_str().is_some_and(|file| file.ends_with("traced.rs")));
    let late = level("timed out after", "WARN");
    assert_eq!(
        (&late["hook"], &late["phase"], &late["outcome"]),
        (&"hangs".into(), &"close".into(), &"timed_out".into())
    );
    // One event for the timeout, not two.
    let of_the_timeout = events.iter().filter(|event| event["fields"]["hook"] == "hangs" && event["level"] == "WARN");
    assert_eq!(of_the_timeout.count(), 1, "{ended}");
    assert!(late["activity"].as_str().is_some_and(|activity| activity.contains("awaiting")), "{late}");
    let report = level("shutdown report:", "ERROR");
    assert_eq!((&report["exit_code"], &report["budget_seconds"]), (&124.into(), &8.5.into()));
    assert_eq!(level("panicked: out of paper", "WARN")["outcome"], "panicked");
    // A timeline has many lines, and a field is one.
    assert!(report.as_object().into_iter().flatten().all(|(_, value)| !value.to_string().contains("\\n")), "{report}");
    assert_one_line(&ended, "on-shutdown: exit code 124: SIGTERM");
}

#[test]
fn what_was_logged_at_install_is_emitted_once_there_is_a_subscriber() {
    let program = Program::new(env!("CARGO_BIN_EXE_traced")).env("SUBSCRIBER", "json").env("CASE", "fine");
    let mut running = program.env("ON_SHUTDOWN_COLOR", "red").start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    let events = events_of(&ended);
    for (text, level) in [("1 hook, on SIGTERM, SIGINT", "INFO"), ("`ON_SHUTDOWN_COLOR` is unknown", "WARN")] {
        let found: Vec<&Value> =
            events.iter().filter(|event| event["fields"]["message"].to_string().contains(text)).collect();
        assert!(found.len() == 1 && found[0]["level"] == level, "{text}\n{ended}");
        assert_eq!(ended.err.iter().filter(|line| line.contains(text)).count(), 1, "{text}\n{ended}");
    }
    // A server starts after the subscriber was set.
    let mut serves = start("serves", "fine");
    serves.out_line("1 hook, on SIGTERM, SIGINT");
    serves.signal(Signal::SIGTERM);
    serves.wait().assert_code(0);
}

#[test]
fn work_that_is_cut_off_is_an_event_with_fields() {
    let program = Program::new(env!("CARGO_BIN_EXE_traced")).env("SUBSCRIBER", "json").env("CASE", "works");
    let mut running = program.env("ON_SHUTDOWN_GRACE_PERIOD", "4s").start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    let event = the(&events_of(&ended), "no longer waiting for upload").clone();
    let fields = &event["fields"];
    assert_eq!((&event["level"], &fields["work"], &fields["count"]), (&"WARN".into(), &"upload".into(), &1.into()));
    assert!(fields["oldest_seconds"].is_f64() && fields["file"].is_string() && fields["line"].is_u64(), "{event}");
}

#[test]
fn a_failure_that_a_subscriber_took_is_one_json_line() {
    let program = Program::new(env!("CARGO_BIN_EXE_traced")).env("SUBSCRIBER", "json").env("CASE", "ordinary");
    let mut running = program.env("ON_SHUTDOWN_FORMAT", "json").start();
    running.signal(Signal::SIGTERM);
    let ended = running.wait();
    let lines = ended.json_lines();
    let last: Vec<&Value> =
        lines.iter().filter(|line| line["event"] != "installed" && line["event"] != "warning").collect();
    let [last] = last[..] else { panic!("one line after the install: {ended}") };
    assert_eq!(
        (&last["event"], &last["level"], &last["exit_code"]),
        (&"exit_code".into(), &"ERROR".into(), &124.into())
    );
    assert!(last["message"].as_str().is_some_and(|text| text.starts_with("exit code 124: SIGTERM")), "{last}");
}

#[test]
fn a_clean_end_is_no_error() {
    let ended = stop("json", "fine");
    let events = events_of(ended.assert_code(0));
    let report = the(&events, "shutdown report: SIGTERM");
    assert_eq!((&report["level"], &report["fields"]["exit_code"]), (&"INFO".into(), &0.into()));
    assert_eq!(ours(&ended), Vec::<&String>::new(), "{ended}");
}

#[test]
fn a_hook_that_runs_for_long_is_a_warning_with_its_times() {
    let mut running = start("json", "long");
    running.signal(Signal::SIGTERM);
    let line = running.out_line("still runs");
    let event: Value = serde_json::from_str(&line).expect("JSON");
    let fields = &event["fields"];
    assert_eq!((&event["level"], &fields["hook"], &fields["phase"]), (&"WARN".into(), &"long".into(), &"stop".into()));
    assert!(fields["elapsed_seconds"].is_f64() && fields["remaining_seconds"].is_f64(), "{event}");
}

#[test]
fn a_fast_and_a_forced_shutdown_emit_events() {
    let mut running = start("json", "long");
    running.signal(Signal::SIGINT);
    running.out_line("1 hook to run");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    running.signal(Signal::SIGINT);
    running.out_line("SIGINT again");
    running.signal(Signal::SIGINT);
    let ended = running.wait();
    let events = events_of(ended.assert_code(130));
    assert_eq!(the(&events, "SIGINT again")["level"], "WARN");
    let report = the(&events, "cut short by a repeated SIGINT");
    assert_eq!((&report["level"], &report["fields"]["exit_code"]), (&"ERROR".into(), &130.into()));
    assert_one_line(&ended, "on-shutdown: exit code 130: SIGINT");
}

#[test]
fn without_a_subscriber_stderr_has_the_events() {
    // A subscriber of only one thread does not count. Neither does one whose filter rejects all events of the shutdown.
    for subscriber in ["none", "thread-local", "foreign"] {
        let ended = stop(subscriber, "ordinary");
        ended.assert_code(124).assert_err("6 hooks to run within 8.5 s").assert_err("timed out after");
        ended.assert_err("shutdown report: SIGTERM").assert_err("out of paper");
        assert_eq!(events_of(&ended), Vec::<Value>::new(), "{subscriber}: {ended}");
    }
}

#[test]
fn of_a_thousand_hooks_none_is_lost() {
    let ended = stop("json", "many");
    ended.assert_code(0);
    let lines = || ended.out.iter().chain(&ended.err);
    assert_eq!(lines().filter(|line| line.ends_with(" ran")).count(), 1000);
    // On a busy machine the subscriber may be too slow for all the spans. In that case stderr has the report.
    assert!(lines().any(|line| line.contains("shutdown report:") && line.contains("1000 completed")), "{ended}");
    let events = events_of(&ended);
    let closed = events.iter().filter(|event| event["fields"]["message"] == "close");
    assert!(closed.filter(|event| event["span"]["outcome"] == "completed").count() > 0, "{ended}");
}
