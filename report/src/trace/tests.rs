//! Reads traces again.

use std::time::Duration;

use serde_json::{Value, json};

use crate::samples::{healthy, one, worst};
use crate::{Outcome, Report, ReportSet};

fn events(trace: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(trace).expect("the trace is JSON");
    assert_eq!(document["displayTimeUnit"], "ms");
    document["traceEvents"].as_array().expect("the events are an array").clone()
}

fn find<'a>(events: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = events.iter().find(|event| event["ph"] == kind && event["name"] == name);
    found.unwrap_or_else(|| panic!("no `{kind}` event `{name}` in {events:#?}"))
}

#[test]
fn each_hook_that_ran_is_a_complete_event_with_its_details() {
    let events = events(&worst().to_trace());
    let hook = find(&events, "X", "write_orders");
    assert_eq!((&hook["ts"], &hook["dur"]), (&json!(1_482_000.0), &json!(900_000.0)));
    assert_eq!((&hook["cat"], &hook["pid"]), (&json!("stop"), &json!(1)));
    let expected = json!({
        "hook": "orders::store::write_orders",
        "outcome": "timed out, abandoned with its thread",
        "activity": "waiting in read on fd 9, a TCP connection to 10.0.0.3:5432",
        "location": "src/store.rs:42",
        "priority": 0,
        "timeout_seconds": 5.0,
        "package": "orders 1.2.3",
    });
    assert_eq!(hook["args"], expected);
    let thread = events.iter().find(|event| event["name"] == "thread_name" && event["tid"] == hook["tid"]);
    assert_eq!(thread.expect("the thread has a name")["args"], json!({ "name": "orders::store::write_orders" }));
}

#[test]
fn names_and_errors_are_on_one_line_and_tasks_that_a_hook_left_are_counted() {
    let mut report = worst();
    let mut hooks = report.hooks.iter_mut();
    let hook = hooks.next().expect("there is a hook");
    (hook.name, hook.outcome) = ("a\nb\x1b[31m".to_owned(), Outcome::Failed("c\nd".to_owned()));
    let events = events(&report.to_trace());
    let hook = find(&events, "X", r"a\nb\u{1b}[31m");
    assert_eq!((&hook["args"]["why"], hook["args"].get("left_tasks")), (&json!(r"c\nd"), None));
    assert_eq!(find(&events, "X", "notify")["args"]["left_tasks"], 2);
}

#[test]
fn a_hook_that_never_ran_is_an_instant_event_with_the_reason() {
    let events = events(&worst().to_trace());
    let hook = find(&events, "i", "close_pool (never ran)");
    assert_eq!((&hook["s"], &hook["args"]["outcome"]), (&json!("t"), &json!("skipped")));
    assert_eq!(hook["args"]["why"], "it is after write_orders, which was abandoned");
    assert!(hook.get("dur").is_none());
}

#[test]
fn draining_later_signals_and_work_in_flight_are_there() {
    let events = events(&worst().to_trace());
    assert_eq!(find(&events, "i", "draining")["ts"], 31_000.0);
    let signals = events.iter().filter(|event| event["ph"] == "i" && event["name"] == "SIGINT from pid 812, uid 0");
    assert_eq!(signals.map(|event| event["ts"].clone()).collect::<Vec<_>>(), [2_600_000.0, 4_100_000.0]);
    let counts = events.iter().filter(|event| event["ph"] == "C" && event["name"] == "in flight");
    assert_eq!(counts.map(|event| event["args"]["count"].clone()).collect::<Vec<_>>(), [4, 3, 2]);
}

#[test]
fn no_two_events_of_one_thread_overlap() {
    let events = events(&worst().to_trace());
    let mut threads: Vec<&Value> =
        events.iter().filter(|event| event["ph"] == "X").map(|event| &event["tid"]).collect();
    let count = threads.len();
    threads.dedup();
    assert_eq!(threads.len(), count);
}

#[test]
fn several_reports_are_processes_on_one_clock() {
    let start = one().triggered_at.expect("the sample has a wall clock");
    let mut set = ReportSet::new();
    set.add("late", Report { triggered_at: start.checked_add(Duration::from_secs(2)), ..healthy() });
    set.add("early", healthy());
    let events = events(&set.to_trace());
    let shutdowns: Vec<_> = events.iter().filter(|event| event["name"] == "shutdown" && event["ph"] == "X").collect();
    assert_eq!(shutdowns.iter().map(|event| event["pid"].clone()).collect::<Vec<_>>(), [1, 8], "six hooks lie between");
    assert_eq!(shutdowns.iter().map(|event| event["ts"].clone()).collect::<Vec<_>>(), [2_000_000.0, 0.0]);
    let names =
        events.iter().filter(|event| event["name"] == "process_name").map(|event| event["args"]["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["late: SIGTERM from pid 812, uid 0", "early: SIGTERM from pid 812, uid 0"]);
}
