//! Tests the rules and the dashboard in `docs/monitoring` with Prometheus's own tool.
//! `tests/telemetry/tests/monitoring.rs` compares their queries with what a program pushes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use containers::{if_available, promtool, repository};
use serde_json::Value;

const RULES: &str = "on-shutdown.rules.yml";
const RULE_TESTS: &str = "on-shutdown.rules.test.yml";
const DASHBOARD: &str = "on-shutdown.dashboard.json";

fn folder() -> PathBuf {
    repository().join("docs/monitoring")
}

fn text(name: &str) -> String {
    let path = folder().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_rules_pass_their_tests() {
    if_available(|| {
        let promtool = promtool()?;
        for arguments in [["check", "rules", RULES], ["test", "rules", RULE_TESTS]] {
            let output = Command::new(&promtool).args(arguments).current_dir(folder()).output().expect("it starts");
            let said =
                format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success(), "{arguments:?}\n{said}");
        }
        Ok(())
    });
}

/// A test that an alert is silent passes also without the alert.
#[test]
fn every_alert_is_seen_firing_and_silent_in_the_tests_and_explained() {
    let (rules, tests, page) = (text(RULES), text(RULE_TESTS), text("README.md"));
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 6, "{alerts:?}");
    for alert in alerts {
        let silent = format!("alertname: {alert} }}");
        let fires = [format!("alertname: {alert}\n        exp_alerts"), format!(r#"alertname="{alert}"}}', value: "#)];
        assert!(tests.contains(&silent), "no test in which {alert} is silent");
        assert!(fires.iter().any(|fires| tests.contains(fires)), "no test in which {alert} fires");
        assert!(page.contains(&format!("| `{alert}` |")), "README.md does not explain {alert}");
    }
}

#[test]
fn the_dashboard_is_one_that_grafana_imports() {
    let dashboard: Value = serde_json::from_str(&text(DASHBOARD)).expect("JSON");
    assert!(dashboard["schemaVersion"].is_u64() && dashboard["title"].is_string() && dashboard["uid"].is_string());
    let variables: Vec<&str> = dashboard["templating"]["list"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|found| found["name"].as_str())
        .collect();
    assert_eq!(variables, ["datasource", "job"]);
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<u64> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    for panel in panels {
        let targets = panel["targets"].as_array().expect("targets");
        assert!(!targets.is_empty() && panel["title"].is_string() && panel["gridPos"]["w"].is_u64(), "{panel:#}");
        for target in targets {
            let query = target["expr"].as_str().expect("a query");
            // A panel with a fixed source would be empty elsewhere.
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{query}");
            assert!(query.contains(r#"job=~"$job""#), "{query}");
        }
    }
}

/// promtool parses each query once Grafana's variables have values.
#[test]
fn the_queries_of_the_dashboard_are_promql() {
    if_available(|| {
        let promtool = promtool()?;
        let dashboard: Value = serde_json::from_str(&text(DASHBOARD)).expect("JSON");
        let targets =
            dashboard["panels"].as_array().into_iter().flatten().flat_map(|panel| panel["targets"].as_array());
        let mut rules = String::from("groups:\n  - name: dashboard\n    rules:\n");
        for (number, target) in targets.flatten().enumerate() {
            let query = target["expr"].as_str().expect("a query").replace("$__range", "1h").replace("$job", ".*");
            rules += &format!("      - record: dashboard:query:{number}\n        expr: {}\n", Value::from(query));
        }
        let path = std::env::temp_dir().join(format!("on-shutdown-dashboard-{}.yml", std::process::id()));
        fs::write(&path, rules).expect("a temporary file");
        let output = Command::new(&promtool).args(["check", "rules"]).arg(&path).output().expect("it starts");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let _ = fs::remove_file(&path);
        assert!(output.status.success(), "{said}");
        Ok(())
    });
}
