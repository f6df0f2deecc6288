//! Runs the command: wrong usage, unreadable input, and each format, which is parsed again.

#![expect(clippy::expect_used, reason = "a test fails by a panic")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use roxmltree::Document;

/// A report of the example `10_report`, as the runtime wrote it.
const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/orders.json");

fn run(arguments: &[&str]) -> Output {
    run_with_stdin(arguments, "")
}

fn run_with_stdin(arguments: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_on-shutdown-report"));
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    // A command that does not read its input may have ended before.
    let _ = child.stdin.take().expect("stdin is a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("the command ends")
}

fn stdout(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{arguments:?}");
    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the output is UTF-8")
}

/// Asserts that the command fails, writes nothing to stdout, and names the mistake on stderr.
fn assert_fails(output: &Output, code: i32, message: &str) {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!((output.status.code(), out.as_str()), (Some(code), ""), "{err}");
    assert!(err.starts_with("on-shutdown-report: ") && err.contains(message), "no `{message}` in {err}");
}

/// Returns the path of a file that only this test uses.
fn file(name: &str, content: &str) -> String {
    let path = output_path(name);
    fs::write(&path, content).expect("the folder is writable");
    path
}

fn output_path(name: &str) -> String {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name).to_str().expect("the path is UTF-8").to_owned()
}

fn orders() -> String {
    fs::read_to_string(ORDERS).expect("the report is there")
}

/// Returns the report in one line.
fn orders_line() -> String {
    let value: serde_json::Value = serde_json::from_str(&orders()).expect("the report is JSON");
    value.to_string()
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let cases: [(&[&str], &str); 6] = [
        (&[], "no report is named; write the path of a JSON report, or `-` for stdin"),
        (&["--colour", ORDERS], "invalid option '--colour'"),
        (&["--format", "pdf", ORDERS], "unknown format `pdf`; write `text`, `html`, `svg` or `trace`"),
        (&[ORDERS, "-o", "report.pdf"], "the extension of `report.pdf` names no format"),
        (&[ORDERS, "-o", ORDERS], "is input and output; write another path after `-o`"),
        (
            &["--format", "svg", ORDERS, ORDERS],
            "a picture shows one report, and the input holds 2; write `--format html`",
        ),
    ];
    for (arguments, message) in cases {
        let output = run(arguments);
        assert_fails(&output, 2, message);
        assert!(text(&output.stderr).contains("write `on-shutdown-report --help`"));
    }
}

#[test]
fn unreadable_input_is_exit_code_1() {
    assert_fails(&run(&["/nowhere/report.json"]), 1, "cannot read /nowhere/report.json: No such file or directory");
    assert_fails(&run(&[ORDERS, env!("CARGO_MANIFEST_DIR")]), 1, "Is a directory");
}

#[test]
fn what_is_no_report_is_named_with_file_line_and_what_was_expected() {
    let expected = "; expected a report as `ON_SHUTDOWN_REPORT=report.json` makes on-shutdown write it";
    let path = file("cut.json", &orders().lines().take(9).collect::<Vec<_>>().join("\n"));
    assert_fails(&run(&[ORDERS, &path]), 1, &format!("{path}:9:"));
    let path = file("lines.json", &format!("{}\n{{\"hooks\": []}}\n", orders_line()));
    assert_fails(&run(&[&path]), 1, &format!("{path}:2:13: missing field `trigger`{expected}"));
    assert_fails(&run_with_stdin(&["-"], "shutdown report: SIGTERM"), 1, "stdin:1:1: expected value");
    assert_fails(&run_with_stdin(&["-"], ""), 1, "stdin: no report; expected JSON as");
}

#[test]
fn a_newer_format_is_refused_with_the_way_out() {
    let path = file("newer.json", "\n{\"format\": 2, \"trigger\": [\"other\"]}");
    let message = "newer.json:2:1: the report has format 2, and this version reads formats up to 1; \
                   install a newer `on-shutdown-report`";
    assert_fails(&run(&[&path]), 1, message);
}

#[test]
fn an_output_that_cannot_be_written_is_exit_code_1() {
    assert_fails(&run(&[ORDERS, "-o", "/nowhere/report.html"]), 1, "cannot write /nowhere/report.html: No such file");
}

#[test]
fn help_and_version_go_to_stdout() {
    assert!(stdout(&["--help"]).contains("Usage: on-shutdown-report [--format text|html|svg|trace] [-o FILE] FILE..."));
    assert_eq!(stdout(&["--version"]), concat!("on-shutdown-report ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn text_of_several_reports_follows_with_their_labels() {
    let single = stdout(&[ORDERS]);
    assert!(single.starts_with("shutdown report: SIGTERM from pid "), "{single}");
    assert!(single.contains("close_pool") && single.contains("timed out, abandoned with its thread"), "{single}");
    let path = file("two.json", &format!("{0}\n{0}\n", orders_line()));
    let expected = format!("== {path} #1\n{single}\n== {path} #2\n{single}\n== stdin\n{single}");
    let output = run_with_stdin(&[&path, "-"], &orders());
    assert_eq!(text(&output.stdout), expected);
}

#[test]
fn svg_is_xml_with_every_hook() {
    let path = output_path("orders.svg");
    assert_eq!(stdout(&[ORDERS, "-o", &path]), "");
    let svg = fs::read_to_string(path).expect("the picture was written");
    let picture = Document::parse(&svg).expect("it is XML");
    let texts: Vec<&str> = picture
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")))
        .filter_map(|node| node.text())
        .collect();
    for shown in ["exit code 124", "leave_registry", "close_pool", "timed out, abandoned", "at most 12", "drain"] {
        assert!(texts.contains(&shown), "no `{shown}` in {texts:#?}");
    }
}

#[test]
fn html_holds_all_reports_on_one_page() {
    let html = stdout(&["--format", "html", ORDERS, ORDERS]);
    // The page is XML as well, except for its first line and for elements without an end.
    let body = html.replace("<!DOCTYPE html>", "").replace("<br>", "<br/>");
    let body = body.lines().filter(|line| !line.starts_with("<meta ")).collect::<Vec<_>>().join("\n");
    let page = Document::parse(&body).unwrap_or_else(|error| panic!("{error}\n{html}"));
    let count = |name: &str| page.descendants().filter(|node| node.tag_name().name() == name).count();
    assert_eq!((count("figure"), count("h2"), count("defs")), (2, 2, 1));
    assert!(page.descendants().any(|node| node.attribute("id") == Some("report-2")));
    assert!(!html.contains("<script"));
}

#[test]
fn a_trace_is_json_with_an_event_for_each_hook() {
    let path = output_path("trace.json");
    assert_eq!(stdout(&[ORDERS, "-o", &path]), "");
    let trace = fs::read_to_string(path).expect("the trace was written");
    let trace: serde_json::Value = serde_json::from_str(&trace).expect("it is JSON");
    let events = trace["traceEvents"].as_array().expect("the events are an array");
    for event in events {
        let has = |field: &str| event.get(field).is_some();
        assert!(["name", "ph", "ts", "pid", "tid", "args"].into_iter().all(has), "{event}");
        match event["ph"].as_str().expect("a text") {
            "X" => assert!(has("dur") && has("cat"), "{event}"),
            "i" => assert!(has("s"), "{event}"),
            "C" => assert!(event["args"]["count"].is_u64(), "{event}"),
            kind => assert_eq!(kind, "M", "{event}"),
        }
    }
    let hooks = events.iter().filter(|event| event["ph"] == "X" && event["cat"] != "shutdown");
    assert_eq!(hooks.count(), 7, "one of the eight never ran");
}
