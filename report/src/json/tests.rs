//! Reads whole texts, good and bad.

use std::time::Duration;

use super::{FORMAT, ReadError, read_all};
use crate::model::{Outcome, ProgramExit, Report, Trigger};

const SHORT: &str =
    r#"{"trigger": {"kind": "main_returned"}, "exit_code": 0, "duration": 0.5, "budget": 8.5, "hooks": []}"#;

fn with_hook(fields: &str) -> String {
    let hook = format!(r#""hooks": [{{"name": "a::b", "phase": "stop", {fields}}}]"#);
    SHORT.replace(r#""hooks": []"#, &hook)
}

fn error(text: &str) -> String {
    Report::from_json(text).expect_err("the text is refused").to_string()
}

#[test]
fn fields_that_are_missing_have_defaults_and_unknown_ones_are_ignored() {
    let more = SHORT.replacen('{', r#"{"color": [1, {"a": null}], "#, 1);
    let report = Report::from_json(&more).expect("it is a report");
    assert_eq!(Report::from_json(SHORT).as_ref(), Ok(&report));
    assert_eq!((report.trigger, report.duration), (Trigger::MainReturned, Duration::from_millis(500)));
    assert!(report.triggered_at.is_none() && report.phases.is_empty() && report.draining.is_none());
}

#[test]
fn hooks_have_their_outcomes() {
    let outcome = |fields: &str| {
        let report = Report::from_json(&with_hook(fields)).unwrap_or_else(|error| panic!("{fields}: {error}"));
        report.hooks.into_iter().next().expect("there is one hook").outcome
    };
    assert_eq!(outcome(r#""outcome": "completed", "why": null"#), Outcome::Completed);
    assert_eq!(outcome(r#""outcome": "failed", "why": "disk full""#), Outcome::Failed("disk full".into()));
    assert_eq!(outcome(r#""outcome": "timed_out", "abandoned": true"#), Outcome::TimedOut { abandoned: true });
    assert_eq!(outcome(r#""outcome": "skipped", "why": "no time""#), Outcome::Skipped("no time".into()));
}

#[test]
fn activity_and_left_tasks_of_a_hook_are_read() {
    let fields = r#""outcome": "timed_out", "activity": "waiting in read", "left_tasks": 3"#;
    let report = Report::from_json(&with_hook(fields)).expect("a report");
    let hook = report.hooks.first().expect("there is one hook");
    assert_eq!((hook.activity.as_deref(), hook.left_tasks), (Some("waiting in read"), 3));
}

#[test]
fn fields_of_the_whole_shutdown_have_the_names_of_the_runtime() {
    let fields = r#""deadline_exceeded": true, "program_exit": {"kind": "requested", "code": 3},
        "in_flight": [{"name": "http", "count": 2, "oldest": 1.5, "file": "a.rs", "line": 7}],
        "in_flight_samples": [[0.1, 2]], "later_triggers": [{"at": 0.2, "trigger": {"kind": "request", "label": "again"}}]"#;
    let report = Report::from_json(&SHORT.replacen('{', &format!("{{{fields}, "), 1)).expect("a report");
    assert!(report.deadline_exceeded);
    assert_eq!(report.budget, Duration::from_millis(8_500));
    assert_eq!(report.program_exit, Some(ProgramExit::Requested { code: 3 }));
    assert_eq!(report.in_flight.iter().map(|work| work.count).collect::<Vec<_>>(), [2]);
    assert_eq!(report.in_flight_samples.iter().map(|sample| sample.count).collect::<Vec<_>>(), [2]);
    let later = Trigger::Request { label: "again".to_owned() };
    assert_eq!(report.later_triggers.iter().map(|later| &later.trigger).collect::<Vec<_>>(), [&later]);
}

#[test]
fn a_full_name_is_split_where_the_module_ends() {
    let name = |fields: &str| {
        let report = Report::from_json(&with_hook(&format!(r#""outcome": "completed", {fields}"#))).expect("a report");
        report.hooks.iter().map(|hook| (hook.module.clone(), hook.name.clone())).next().expect("there is one hook")
    };
    assert_eq!(name(r#""module": "a""#), ("a".into(), "b".into()));
    assert_eq!(name(r#""module": """#), (String::new(), "a::b".into()), "the name of a hook made at run time");
    assert_eq!(name(r#""module": "x""#), (String::new(), "a::b".into()));
}

#[test]
fn several_reports_may_follow_each_other() {
    let pretty = SHORT.replace(", ", ",\n  ");
    let read = |text: &str| read_all(text).map(|reports| reports.len());
    assert_eq!(read(&format!("{SHORT}\n{SHORT}\n")), Ok(2));
    assert_eq!(read(&format!("\n{pretty}\n\n{pretty}{SHORT}")), Ok(3));
    assert_eq!(Report::from_json(&format!("{SHORT}{SHORT}")), Err(ReadError::Several { count: 2 }));
    assert_eq!(read(" \n "), Err(ReadError::Empty));
}

#[test]
fn an_error_says_where_it_is_and_what_was_expected() {
    let expected = "; expected a report as `ON_SHUTDOWN_REPORT=report.json` makes on-shutdown write it";
    let lines = format!("{SHORT}\n{SHORT}\n{{\"trigger\": 7}}\n");
    assert_eq!(
        error(&lines),
        format!("line 3, column 13: invalid type: integer `7`, expected internally tagged enum Trigger{expected}")
    );
    assert_eq!(error("shutdown report: SIGTERM"), format!("line 1, column 1: expected value{expected}"));
    assert!(error("[1]").starts_with("line 1, column"), "{}", error("[1]"));
    assert!(error("7").contains("expected a JSON object"), "{}", error("7"));
    assert!(error(&SHORT.replace("\"exit_code\": 0, ", "")).contains("missing field `exit_code`"));
    let unknown = error(&with_hook(r#""outcome": "exploded""#));
    assert!(unknown.contains("line 1, column") && unknown.contains("unknown outcome `exploded`"), "{unknown}");
}

#[test]
fn durations_are_seconds_that_can_be_added_up() {
    for bad in ["-1", "1e10", "1e300", "\"5 s\""] {
        let text = SHORT.replace("0.5", bad);
        assert!(Report::from_json(&text).is_err(), "{bad}");
    }
    assert!(error(&SHORT.replace("0.5", "-1")).contains("`-1` is no duration; expected seconds from 0 to 1000000000"));
    let long = SHORT.replace("0.5", "1e9").replace("8.5", "1e9");
    let long = Report::from_json(&long).expect("thirty years are allowed");
    assert!(long.to_svg().ends_with("</svg>\n"));
    assert!(long.to_string().contains("no hooks in 31years"), "{long}");
}

#[test]
fn a_newer_format_is_named_even_if_the_report_is_invalid() {
    let newer = format!("{SHORT}\n\n{{\"format\": {}, \"trigger\": \"another meaning\"}}", FORMAT + 1);
    assert_eq!(read_all(&newer), Err(ReadError::NewerFormat { line: 3, format: FORMAT + 1 }));
    assert_eq!(
        error(&newer),
        "line 3, column 1: the report has format 2, and this version reads formats up to 1; \
         install a newer `on-shutdown-report`"
    );
    let current = SHORT.replacen('{', "{\"format\": 1, ", 1);
    assert!(Report::from_json(&current).is_ok());
    let newer = SHORT.replacen('{', "{\"format\": 2, ", 1);
    let error = serde_json::from_str::<Report>(&newer).expect_err("`Deserialize` refuses it as well").to_string();
    assert!(error.contains("the report has format 2; expected 1 at most"), "{error}");
}

#[test]
fn the_drain_phase_is_put_in_its_place_if_the_report_does_not_list_it() {
    let hook =
        |phase, start| format!(r#"{{"name": "h", "phase": "{phase}", "outcome": "completed", "start": {start}}}"#);
    let hooks = [hook("deregister", 0.0), hook("stop", 0.4)].join(", ");
    let text = SHORT.replace(
        r#""hooks": []"#,
        &format!(r#""draining": 0.2, "in_flight_samples": [[0.2, 3], [0.3, 0]], "hooks": [{hooks}]"#),
    );
    let report = Report::from_json(&text).expect("a report");
    assert_eq!(report.phases, ["deregister", "drain", "stop"]);
    let text = report.to_string();
    let order: Vec<_> = ["deregister", "(in flight)", "stop"].map(|word| text.find(word)).to_vec();
    assert!(order.is_sorted() && order.iter().all(Option::is_some), "{text}");
}
