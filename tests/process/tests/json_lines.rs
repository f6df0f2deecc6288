//! Tests that with `ON_SHUTDOWN_FORMAT=json` each line of the shutdown is one JSON object, with fields to search for.

use process::{Ended, Program, Signal};
use serde_json::{Value, json};

const FORMAT: &str = "ON_SHUTDOWN_FORMAT";

fn program(scenario: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_json_lines")).arg(scenario)
}

fn stop(program: Program) -> Ended {
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    running.wait()
}

/// Returns the one line of this event.
#[track_caller]
fn only<'a>(lines: &'a [Value], event: &str) -> &'a Value {
    let found: Vec<&Value> = lines.iter().filter(|line| line["event"] == event).collect();
    let [line] = found[..] else { panic!("{} lines of {event}: {lines:#?}", found.len()) };
    line
}

#[test]
fn spec_3_24_every_line_is_a_json_object_with_its_fields() {
    let ended = stop(program("works").env(FORMAT, "json").env("ON_SHUTDOWN_COLOR", "red"));
    ended.assert_code(124);
    let lines = ended.json_lines();
    for line in &lines {
        let time = line["time"].as_str().unwrap_or_default();
        assert!(time.len() == "2026-11-26T12:00:00.000000Z".len() && time.ends_with('Z'), "{line}");
        assert!(["INFO", "WARN", "ERROR"].contains(&line["level"].as_str().unwrap_or_default()), "{line}");
        assert_eq!(line["target"], "on_shutdown", "{line}");
        let message = line["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty() && !message.contains(char::is_control) && !message.contains('\u{202e}'), "{line}");
    }
    assert_eq!(only(&lines, "installed")["level"], "INFO");
    let warning = only(&lines, "warning");
    assert_eq!(warning["level"], "WARN");
    assert!(
        warning["message"].as_str().is_some_and(|text| text.contains("`ON_SHUTDOWN_COLOR` is unknown")),
        "{warning}"
    );
    let began = only(&lines, "shutdown_began");
    assert_eq!((&began["hooks"], &began["within_seconds"]), (&json!(4), &json!(5.0)), "{began}");
    assert!(began["trigger"].as_str().is_some_and(|trigger| trigger.starts_with("SIGTERM")), "{began}");
    let cut_off = only(&lines, "work_cut_off");
    assert_eq!((&cut_off["work"], &cut_off["count"]), (&json!(r#"a "request"\n"#), &json!(1)), "{cut_off}");
    assert!(cut_off["file"].as_str().is_some_and(|file| file.ends_with("json_lines.rs")), "{cut_off}");
    let timed_out = only(&lines, "hook_timed_out");
    let expected = (&json!("json_lines::hangs"), &json!("stop"), &json!("timed_out"), &json!("WARN"));
    assert_eq!((&timed_out["hook"], &timed_out["phase"], &timed_out["outcome"], &timed_out["level"]), expected);
    assert!(timed_out["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{timed_out}");
    assert!(timed_out["line"].as_u64().is_some_and(|line| line > 0), "{timed_out}");
    let hooks: Vec<(&Value, &Value)> = lines
        .iter()
        .filter(|line| line["event"] == "hook_ended")
        .map(|line| (&line["hook"], &line["outcome"]))
        .collect();
    // Each hook that did not complete has one line, and the one that timed out has its own.
    let expected = [(&json!("json_lines::fails"), &json!("failed")), (&json!("json_lines::needs"), &json!("skipped"))];
    assert_eq!(hooks, expected, "{ended}");
}

#[test]
fn spec_3_24_the_last_line_is_the_whole_report() {
    let ended = stop(program("works").env(FORMAT, "json"));
    let lines = ended.json_lines();
    let last = only(&lines, "report");
    assert_eq!(lines.last(), Some(last), "{ended}");
    assert_eq!((&last["level"], &last["exit_code"]), (&json!("ERROR"), &json!(124)), "{last}");
    assert!(last["message"].as_str().is_some_and(|text| text.starts_with("shutdown report: SIGTERM")), "{last}");
    let report = &last["report"];
    assert_eq!((&report["format"], &report["exit_code"]), (&json!(1), &json!(124)), "{report}");
    let error = report["hooks"].as_array().into_iter().flatten().find(|hook| hook["name"] == "json_lines::fails");
    // As it is: the reader of JSON decides how to show it.
    assert_eq!(error.map(|hook| &hook["why"]), Some(&json!("line 1\nline \"2\" \u{1b}[31mred\u{202e}")), "{report}");
}

#[test]
fn the_program_goes_before_the_variable_and_the_default_is_text() {
    for (variable, setting, is_json) in [
        (None, None, false),
        (None, Some("json"), true),
        (Some("json"), None, true),
        (Some("json"), Some("text"), false),
        (Some("text"), Some("json"), true),
        (Some(""), Some("json"), true),
    ] {
        let mut program = program("quiet");
        program = setting.into_iter().fold(program, Program::arg);
        program = variable.into_iter().fold(program, |program, value| program.env(FORMAT, value));
        let ended = stop(program);
        ended.assert_code(124);
        if is_json {
            assert_eq!(only(&ended.json_lines(), "report")["exit_code"], 124, "{ended}");
        } else {
            ended.assert_err("shutdown report: SIGTERM").assert_err("on-shutdown: ").assert_no_err("\"event\"");
        }
    }
}

#[test]
fn a_quiet_program_writes_only_what_went_wrong() {
    let ended = stop(program("quiet").env(FORMAT, "json"));
    let lines = ended.json_lines();
    let events: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(events, ["hook_ended", "hook_timed_out", "hook_ended", "report"], "{ended}");
}

#[test]
fn repeated_signals_and_scopes_are_json() {
    let mut running = program("waits").env(FORMAT, "json").start();
    running.signal(Signal::SIGTERM);
    running.out_line("waits");
    // Later than a second, because earlier ones are the same request.
    running.err_line("shutdown_began");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    running.signal(Signal::SIGTERM);
    running.err_line("\"event\":\"later_trigger\"");
    running.signal(Signal::SIGINT);
    let lines = running.wait().json_lines();
    let fast = only(&lines, "fast_shutdown");
    assert_eq!((&fast["signal"], &fast["level"]), (&json!("SIGINT"), &json!("WARN")), "{fast}");
    let ended = stop(program("scope").env(FORMAT, "json"));
    let lines = ended.json_lines();
    assert_eq!(only(&lines, "scope_shutdown_began")["scope"], "listener", "{ended}");
    let end = only(&lines, "scope_ended");
    assert_eq!((&end["scope"], &end["exit_code"], &end["level"]), (&json!("listener"), &json!(70), &json!("WARN")));
    assert_eq!(end["report"]["hooks"][0]["outcome"], "failed", "{end}");
}

#[test]
fn what_is_said_before_the_install_and_instead_of_it_is_json() {
    let ended = program("early").env(FORMAT, "json").run();
    let lines = ended.json_lines();
    assert!(lines[0]["message"].as_str().is_some_and(|text| text.starts_with("serve(\"too early\")")), "{ended}");
    let ended = program("early").env(FORMAT, "json").env("ON_SHUTDOWN_DRAIN_DELAY", "never").run();
    ended.assert_code(78);
    let lines = ended.json_lines();
    let error = lines.last().expect("there is an error");
    assert_eq!(error["level"], "ERROR", "{ended}");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("ON_SHUTDOWN_DRAIN_DELAY")), "{ended}");
    let lines = program("failed").env(FORMAT, "json").run().json_lines();
    assert_eq!(only(&lines, "report")["report"]["trigger"]["error"], "\"two\\nlines\"", "{lines:#?}");
}

#[test]
fn an_unknown_format_is_refused_and_says_what_to_write() {
    let ended = program("quiet").env(FORMAT, "yaml").run();
    ended.assert_code(78).assert_err(
        "on-shutdown: `ON_SHUTDOWN_FORMAT=yaml` is unknown; write `ON_SHUTDOWN_FORMAT=json` or \
         `ON_SHUTDOWN_FORMAT=text`",
    );
    assert_eq!(ended.out, [""; 0], "`main` must not run\n{ended}");
}
