//! Tests the report as JSON and as text, and the plan as JSON.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use process::Program;
use report::{HOSTILE_MESSAGE, HOSTILE_NAME};
use serde_json::{Value, json};

use crate::{BADLY, WELL, folder, forced, names_in, read, reporting_to, stopped};

fn hook<'a>(report: &'a Value, name: &str) -> &'a Value {
    let hooks = report["hooks"].as_array().expect("an array");
    hooks.iter().find(|hook| hook["name"] == name).unwrap_or_else(|| panic!("no `{name}` in {report:#}"))
}

#[test]
fn spec_3_24_json_agrees_with_the_exit_code_and_with_every_outcome() {
    let path = folder("json").join("report.json");
    let ended = stopped(reporting_to(BADLY, &path));
    ended.assert_code(124);
    let report: Value = serde_json::from_str(&read(&path)).expect("it is JSON");
    assert_eq!(report["exit_code"], 124, "{report:#}");
    assert_eq!(report["format"], 1);
    assert_eq!(report["trigger"]["kind"], "signal");
    assert_eq!(report["trigger"]["signal"], "SIGTERM");
    assert_eq!(report["trigger"]["sender_pid"], std::process::id());
    let outcomes = [
        ("report_badly::fails", "failed", json!("connection refused (os error 111)"), false),
        ("report_badly::panics", "panicked", json!(HOSTILE_MESSAGE), false),
        ("report_badly::overruns", "timed_out", Value::Null, false),
        ("report_badly::blocks", "timed_out", Value::Null, true),
        ("report_badly::misses_its_pool", "skipped", json!("no `report_badly::Pool` was provided"), false),
        ("report_badly::leaves_a_task", "completed", Value::Null, false),
        ("report_badly::flush_metrics", "completed", Value::Null, false),
        (HOSTILE_NAME, "completed", Value::Null, false),
    ];
    for (name, outcome, why, abandoned) in outcomes {
        let hook = hook(&report, name);
        assert_eq!((&hook["outcome"], &hook["why"]), (&json!(outcome), &why), "{hook:#}");
        assert_eq!(hook["abandoned"], abandoned, "{hook:#}");
    }
    assert_eq!(report["hooks"].as_array().expect("an array").len(), 9);
    assert_eq!(hook(&report, "report_badly::leaves_a_task")["left_tasks"], 1, "{report:#}");
    assert_eq!(hook(&report, "report_badly::flush_metrics")["left_tasks"], 0, "{report:#}");
    assert_eq!((&report["budget"], &report["deadline_exceeded"]), (&json!(6.8), &json!(false)), "{report:#}");
    assert_eq!(report["phases"], json!(["deregister", "drain", "stop", "flush", "close", "finalize"]));
    let samples = report["in_flight_samples"].as_array().expect("an array");
    assert_eq!((&samples[0][1], &samples[samples.len() - 1][1]), (&json!(1), &json!(0)), "{report:#}");
}

#[test]
fn spec_3_24_json_of_a_clean_stop_says_zero() {
    let path = folder("json-clean").join("report.JSON");
    let ended = reporting_to(WELL, &path).arg("returns").run();
    ended.assert_code(0);
    let report: Value = serde_json::from_str(&read(&path)).expect("it is JSON");
    assert_eq!((&report["exit_code"], &report["trigger"]), (&json!(0), &json!({ "kind": "main_returned" })));
    assert!(report["hooks"].as_array().expect("an array").iter().all(|hook| hook["outcome"] == "completed"));
}

#[test]
fn spec_3_24_a_forced_shutdown_writes_its_report() {
    let path = folder("forced").join("report.json");
    let ended = forced(&path);
    ended.assert_code(130);
    let report: Value = serde_json::from_str(&read(&path)).expect("it is JSON");
    assert_eq!((&report["exit_code"], &report["forced"]), (&json!(130), &json!("SIGINT")), "{ended}");
    assert_eq!(report["later_triggers"].as_array().expect("an array").len(), 2, "{report:#}");
    assert_eq!(names_in(path.parent().expect("a folder")), ["report.json"]);
}

#[test]
fn the_text_is_the_same_as_on_stderr() {
    let path = folder("text").join("report.txt");
    let ended = stopped(reporting_to(WELL, &path));
    ended.assert_code(0);
    let text = read(&path);
    let lines: Vec<&str> = text.lines().collect();
    let from = ended.err.iter().position(|line| line.starts_with("shutdown report: ")).expect("it is on stderr");
    assert_eq!(ended.err[from..], lines, "{ended}");
    assert!(lines.iter().any(|line| line.contains("flush_orders")), "{text}");
}

#[test]
fn only_the_owner_can_read_a_report_and_no_temporary_file_is_left() {
    for form in ["json", "txt"] {
        let folder = folder(&format!("mode-{form}"));
        let path = folder.join(format!("report.{form}"));
        stopped(reporting_to(WELL, &path)).assert_code(0).assert_no_err("cannot write the report");
        let mode = fs::metadata(&path).expect("it was written").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{form}");
        assert_eq!(names_in(&folder), [format!("report.{form}")]);
    }
}

#[test]
fn spec_3_22_the_plan_as_json_lists_every_hook_and_runs_none() {
    let ended = Program::new(WELL).env("ON_SHUTDOWN", "plan-json").run();
    ended.assert_code(0);
    let plan: Value = serde_json::from_str(&ended.out.join("\n")).unwrap_or_else(|error| panic!("{error}\n{ended}"));
    let names: Vec<_> = plan["hooks"].as_array().expect("an array").iter().map(|hook| hook["name"].clone()).collect();
    let expected = ["leave_registry", "flush_orders", "close_orders", "flush_metrics"];
    assert_eq!(names, expected.map(|name| json!(format!("report_well::{name}"))));
    assert_eq!(plan["format"], 1);
    assert_eq!((&plan["grace_period"], &plan["budget"], &plan["fits"]), (&json!(20.0), &json!(17.0), &json!(true)));
    assert_eq!(hook(&plan, "report_well::close_orders")["after"], json!(["report_well::flush_orders"]));
    assert!(!ended.out.iter().any(|line| line == "ready"), "main must not start\n{ended}");
}
