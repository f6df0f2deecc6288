//! Reads reports that are almost right, and shows those that can be read: no panic, no hang, and markup and JSON that other
//! programs can read.

use arbitrary_input::{Random, seeds};
use serde_json::{Value, json};

use crate::json::{ReadError, read_all};
use crate::{Report, ReportSet, TextOptions};

/// How many texts are read, and more while `TESTS_FUZZ_SECONDS` asks for them.
const SEEDS: u64 = 2_000;

/// Has every field, and every outcome.
const FULL: &str = r#"{
    "format": 1, "trigger": {"kind": "signal", "signal": "SIGTERM", "number": 15, "sender_pid": 812, "sender_uid": 0,
        "sender_name": "kubelet"},
    "process": {"name": "shop", "version": "1.2.3", "pid": 7, "host": "web-1"},
    "triggered_at": 1790000000.25, "exit_code": 130, "duration": 4.1, "budget": 8.5, "deadline_exceeded": true,
    "forced": "SIGINT", "program_exit": {"kind": "requested", "code": 3}, "draining": 0.031, "last_new_work": 0.03,
    "phases": ["deregister", "drain", "stop", "flush", "close", "finalize"],
    "hooks": [
        {"name": "orders::leave", "module": "orders", "phase": "deregister", "priority": 7, "timeout": 5, "start": 0.0002,
         "duration": 0.03, "outcome": "failed", "why": "connection refused", "file": "src/a.rs", "line": 42,
         "package": "orders", "version": "1.2.3", "left_tasks": 2, "activity": null, "abandoned": false},
        {"name": "orders::leave", "module": "", "phase": "drain", "priority": -3, "timeout": 1e-9, "start": 0.031,
         "duration": 0.7, "outcome": "completed", "file": "src/b.rs", "line": 7},
        {"name": "consume", "phase": "stop", "start": 1.23, "duration": 0.25, "outcome": "panicked", "why": "index 7\nof 3"},
        {"name": "write", "phase": "stop", "start": 1.48, "duration": 0.9, "outcome": "timed_out", "abandoned": true,
         "activity": "waiting in read on fd 9, a TCP connection to 10.0.0.3:5432"},
        {"name": "index", "phase": "flush", "start": 1.48, "duration": 0.5, "outcome": "timed_out", "timeout": 0.5},
        {"name": "pool", "phase": "close", "outcome": "skipped", "why": "no `Pool` was provided", "start": 2.0}
    ],
    "in_flight": [{"name": "http", "count": 2, "oldest": 31.0, "file": "src/web.rs", "line": 17}],
    "in_flight_samples": [[0.031, 4], [0.3, 3], [1.229, 2]],
    "cut_off": {"at": 1.23, "max_drain_time": 1.2, "kept_for": [{"hook": "orders::write", "time": 2.0}], "more_connections": 1,
        "connections": [{"local": "10.0.0.1:80", "peer": "[::1]:9", "state": "established", "unread": 1, "unsent": 20}]},
    "later_triggers": [{"at": 1.22, "trigger": {"kind": "signal", "signal": "SIGINT"}},
        {"at": 2.0, "trigger": {"kind": "request", "label": "again"}},
        {"at": 2.1, "trigger": {"kind": "main_failed", "error": "no disk", "details": "no disk\ncaused by: a fire"}},
        {"at": 2.2, "trigger": {"kind": "task_failed", "name": "t", "file": "a.rs", "line": 1, "error": "e", "details": ""}},
        {"at": 2.3, "trigger": {"kind": "task_panicked", "name": "t", "file": "a.rs", "line": 1, "message": "m"}},
        {"at": 2.4, "trigger": {"kind": "task_ended", "name": "t", "file": "a.rs", "line": 1}},
        {"at": 4.1, "trigger": {"kind": "main_panicked", "message": "m"}}]
}"#;

const SHORT: &str =
    r#"{"trigger": {"kind": "main_returned"}, "exit_code": 0, "duration": 0.5, "budget": 8.5, "hooks": []}"#;

/// A report of the runtime.
const REAL: &str = include_str!("../tests/data/orders.json");

/// What a string may be replaced by, or what is put into it.
const STRINGS: [&str; 24] = [
    "",
    " ",
    "stop",
    "drain",
    "completed",
    "failed",
    "panicked",
    "timed_out",
    "skipped",
    "main_returned",
    "main_panicked",
    "task_ended",
    "requested",
    "SIGINT",
    "orders::",
    "::",
    "a:b",
    "<i>\"'&amp;]]>",
    "\u{1b}[31m\r\n\0",
    "\u{202e}\u{fffe}\u{85}",
    "注文を書く",
    "e\u{301}\u{1f469}\u{200d}\u{1f680}",
    "-->",
    "{\"kind\": 1}",
];

fn number(random: &mut Random) -> Value {
    match random.below(4) {
        0 => json!(random.pick(&[0, 1, -1, 255, 256, i64::from(i32::MIN), i64::from(u32::MAX), i64::MAX])),
        1 => json!(random.pick(&[u64::MAX, 1 << 53, 253_402_300_800, 1_000_000_000, 999_999_999])),
        2 => json!(random.pick(&[0.0, -0.0, 1e-9, 1e-300, 0.999_999_999_9, 1e9, 1e19, 1e300, -1e-9])),
        _ => json!(random.below(5_000_000) as f64 / 1e6),
    }
}

fn string(random: &mut Random) -> Value {
    match random.below(60) {
        // Longer than what a formatter can pad to.
        0 => json!(random.pick(&STRINGS).repeat(20_000)),
        1..20 => json!(random.pick(&STRINGS)),
        _ => json!(random.corrupt_text(&STRINGS)),
    }
}

/// Replaces a value by one that is mostly of the same type.
fn replace(random: &mut Random, value: &mut Value) {
    let anything = random.below(24);
    *value = match value.take() {
        Value::Array(mut list) if anything > 0 => {
            match random.below(4) {
                0 => list.reverse(),
                1 => list.extend(list.clone()),
                2 => list = list.iter().cycle().take(list.len() * random.index(25)).cloned().collect(),
                _ => list.truncate(random.index(list.len() + 1)),
            }
            Value::Array(list)
        }
        Value::Object(mut fields) if anything > 0 && !fields.is_empty() => {
            let name = fields.keys().nth(random.index(fields.len())).cloned().unwrap_or_default();
            fields.remove(&name);
            Value::Object(fields)
        }
        Value::Number(_) if anything > 0 => number(random),
        Value::String(_) if anything > 0 => string(random),
        Value::Bool(yes) if anything > 0 => json!(!yes),
        _ => match random.below(5) {
            0 => Value::Null,
            1 => number(random),
            2 => string(random),
            3 => json!([number(random), string(random)]),
            _ => json!({ "kind": string(random), "at": number(random) }),
        },
    };
}

/// Replaces one of the values in the value, or rarely the whole.
fn change(random: &mut Random, value: &mut Value) {
    if random.below(10) > 0 {
        let child = match value {
            Value::Array(list) if !list.is_empty() => {
                let index = random.index(list.len());
                list.get_mut(index)
            }
            Value::Object(fields) if !fields.is_empty() => {
                let index = random.index(fields.len());
                fields.values_mut().nth(index)
            }
            _ => None,
        };
        if let Some(child) = child {
            return change(random, child);
        }
    }
    replace(random, value);
}

/// Replaces about half of the texts and numbers by others that a report may have there.
fn replace_all(random: &mut Random, name: &str, value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| replace_all(random, name, value)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| replace_all(random, name, value)),
        _ if ["format", "kind", "outcome", "exit_code", "code"].contains(&name) || random.below(2) == 0 => {}
        Value::String(text) => *text = random.corrupt_text(&STRINGS),
        Value::Number(number) if number.is_f64() => *value = json!(random.pick(&[0.0, 1e-9, 0.3, 1.5, 4.1, 8.5, 1e9])),
        Value::Number(_) => *value = json!(random.pick(&[0, 1, 2, 5, 1_000_000_000])),
        Value::Bool(_) | Value::Null => {}
    }
}

/// Returns text in which values, characters or both differ from those of a report.
fn arbitrary_text(random: &mut Random) -> String {
    let samples = [FULL, FULL, SHORT, REAL];
    if random.below(4) == 0 {
        return random.corrupt_text(&samples);
    }
    let mut value: Value = serde_json::from_str(random.pick(&samples)).expect("the samples are JSON");
    if random.below(4) == 0 {
        replace_all(random, "", &mut value);
    }
    (0..random.below(5)).for_each(|_| change(random, &mut value));
    let text = value.to_string();
    match random.below(16) {
        0 => random.corrupt_text(&[&text]),
        1..3 => format!("{text}\n{SHORT} {text}"),
        _ => text,
    }
}

fn is_on_lines(text: &str) -> bool {
    text.chars().all(|char| char == '\n' || !char.is_control())
}

fn check_error(text: &str, error: &ReadError) {
    let message = error.to_string();
    assert!(!error.message().is_empty() && !message.contains(char::is_control), "{message:?}");
    if let Some((line, _)) = error.location() {
        assert!((1..=text.split('\n').count()).contains(&line), "{message}");
    }
}

fn check_svg(svg: &str) {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("the picture is no XML: {error}"));
    let root = document.root_element();
    let number = |node: roxmltree::Node<'_, '_>, name| {
        let text = node.attribute(name)?;
        Some(text.parse::<f64>().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
    };
    let height = number(root, "height").expect("the picture has a height");
    for node in root.descendants().filter(|node| node.is_element()) {
        for (name, limit) in [("x", 1200.0), ("y", height), ("width", 1200.0), ("height", height)] {
            let value = number(node, name);
            assert!(value.is_none_or(|value| (0.0..=limit).contains(&value)), "{name} is {value:?}");
        }
        for name in ["d", "transform"] {
            let value = node.attribute(name).unwrap_or_default();
            assert!(!value.contains("NaN") && !value.contains("inf"), "{name} is {value}");
            // What is not finite becomes the greatest integer.
            assert!(!value.contains("000000000"), "{name} is {value}");
        }
    }
}

/// Returns whether a value is null, which stands for every number that JSON cannot write.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn check_trace(trace: &str) {
    let value: Value = serde_json::from_str(trace).unwrap_or_else(|error| panic!("the trace is no JSON: {error}"));
    assert!(!has_null(&value), "a number of the trace is not finite");
}

fn check_report(report: &Report) {
    assert!(report.headline().contains(" of "));
    for width in [0, 100, usize::MAX] {
        let text = report.to_text(TextOptions::new().width(width));
        assert!(text.starts_with("shutdown report: ") && is_on_lines(&text), "{text:?}");
    }
    let colored = report.to_text(TextOptions::new().colored(true));
    assert_eq!(colored.split("\x1b[").count() - 1, 4 * report.hooks.len(), "{colored:?}");
    check_svg(&report.to_svg());
    check_page(&report.to_html());
    check_trace(&report.to_trace());
}

fn check_page(html: &str) {
    assert!(html.ends_with("</html>\n") && !html.contains("<i>"));
    assert!(is_on_lines(&html.replace('\t', "")), "a control character is in the page");
}

#[test]
fn a_text_is_refused_with_a_reason_or_every_report_in_it_is_shown() {
    let (mut read, mut refused) = (0, 0);
    for seed in seeds(SEEDS) {
        let text = arbitrary_text(&mut Random::new(seed));
        match read_all(&text) {
            Ok(reports) => {
                read += 1;
                assert_eq!(Report::from_json(&text).is_ok(), reports.len() == 1);
                reports.iter().for_each(check_report);
                let mut set = ReportSet::new();
                assert_eq!(set.read("<i>\n", &text), Ok(()));
                assert_eq!(set.len(), reports.len());
                check_page(&set.to_html());
                check_trace(&set.to_trace());
                assert!(is_on_lines(&set.to_text(TextOptions::new())));
            }
            Err(error) => {
                refused += 1;
                check_error(&text, &error);
            }
        }
    }
    assert!(read > SEEDS / 5 && refused > SEEDS / 5, "{read} are read, {refused} are refused");
}
