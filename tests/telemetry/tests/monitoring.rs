//! Tests that the rules and the dashboard in `docs/monitoring` query what a real program pushes at its end. The
//! Pushgateway is a server of this test on loopback. `tests/containers/tests/monitoring.rs` tests the alerts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use axum::Router;
use axum::extract::Path as UrlPath;
use axum::http::StatusCode;
use axum::routing::put;
use process::{Ended, Program, Signal};

/// A request that the gateway received.
struct Push {
    job: String,
    instance: String,
    text: String,
}

/// Starts a gateway that answers each push with this status. Returns its host and port, and the pushes that arrive.
fn gateway(status: StatusCode) -> (String, Receiver<Push>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("for tokio");
    let address = listener.local_addr().expect("bound").to_string();
    let (arrived, pushes) = channel();
    let take = move |UrlPath((job, instance)): UrlPath<(String, String)>, text: String| async move {
        let _ = arrived.send(Push { job, instance, text });
        status
    };
    let app = Router::new().route("/metrics/job/{job}/instance/{instance}", put(take));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, app).await
        })
    });
    (address, pushes)
}

/// Stops the program. Returns how it ended, and its pushes.
fn stop(status: StatusCode) -> (Ended, Vec<Push>) {
    let (address, pushes) = gateway(status);
    let program = Program::new(env!("CARGO_BIN_EXE_pushed")).env("PUSHGATEWAY", &address).env("INSTANCE", "web-1");
    let mut running = program.start();
    running.signal(Signal::SIGTERM);
    (running.wait(), pushes.try_iter().collect())
}

/// Returns the text of the one push.
fn pushed() -> String {
    let (ended, mut pushes) = stop(StatusCode::OK);
    ended.assert_code(124);
    assert_eq!(pushes.len(), 1, "{ended}");
    pushes.remove(0).text
}

/// The metrics in a text of the exporter.
struct Exported {
    /// The kind of each metric by name.
    kinds: BTreeMap<String, String>,
    /// The names of the samples. A summary or a histogram has several.
    samples: BTreeSet<String>,
    /// The values of each label.
    labels: BTreeMap<String, BTreeSet<String>>,
}

impl Exported {
    fn read(text: &str) -> Self {
        let mut exported = Self { kinds: BTreeMap::new(), samples: BTreeSet::new(), labels: BTreeMap::new() };
        for line in text.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                exported.kinds.insert(name.to_owned(), kind.to_owned());
            } else if !line.starts_with('#') && !line.is_empty() {
                let name = line.split(['{', ' ']).next().unwrap_or(line);
                exported.samples.insert(name.to_owned());
                for (label, _, value) in matchers(line) {
                    exported.labels.entry(label).or_default().insert(value);
                }
            }
        }
        exported
    }
}

/// Returns the label, the operator and the value of each `label="value"` in a query or a sample.
fn matchers(text: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    for braces in text.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
        for part in braces.0.split(',') {
            let Some((label, rest)) = part.split_once(['=', '!']) else { continue };
            let Some((operator, value)) = rest.split_once('"') else { continue };
            let operator = &part[label.len()..part.len() - rest.len() + operator.len()];
            found.push((label.trim().to_owned(), operator.to_owned(), value.trim_end_matches('"').to_owned()));
        }
    }
    found
}

/// Returns the queries of the rules and of the dashboard.
fn queries() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/monitoring");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("the file is there");
    let rules = read("on-shutdown.rules.yml");
    let mut queries = Vec::new();
    for rest in rules.split("expr:").skip(1) {
        // A query ends where the next key begins.
        let is_key = |line: &&str| ["labels:", "annotations:", "- "].iter().any(|key| line.trim().starts_with(key));
        let lines: Vec<&str> = rest.lines().take_while(|line| !is_key(line)).collect();
        queries.push(lines.join("\n"));
    }
    let dashboard: serde_json::Value = serde_json::from_str(&read("on-shutdown.dashboard.json")).expect("JSON");
    for panel in dashboard["panels"].as_array().expect("panels") {
        let targets = panel["targets"].as_array().expect("targets");
        queries.extend(targets.iter().map(|target| target["expr"].as_str().expect("a query").to_owned()));
    }
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    queries.extend(variables.iter().filter_map(|variable| variable["definition"].as_str()).map(str::to_owned));
    assert!(queries.len() > 20, "{queries:#?}");
    queries
}

/// Returns the names of samples in a query. Names of recording rules have colons.
fn samples(query: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == ':';
    let words = query.split(|letter| !is_part(letter));
    words.filter(|word| word.starts_with("on_shutdown_")).map(str::to_owned).collect()
}

/// Returns the metric of a sample.
fn metric<'a>(sample: &'a str, exported: &Exported) -> &'a str {
    let base = ["_sum", "_count", "_bucket"].iter().find_map(|suffix| sample.strip_suffix(suffix));
    base.filter(|base| exported.kinds.contains_key(*base)).unwrap_or(sample)
}

#[test]
fn the_last_hook_pushes_the_metrics_of_all_hooks_before_it() {
    let (ended, pushes) = stop(StatusCode::OK);
    ended.assert_code(124);
    let [Push { job, instance, text }] = &pushes[..] else { panic!("one push\n{ended}") };
    assert_eq!((job.as_str(), instance.as_str()), ("shop", "web-1"));
    for (hook, phase, outcome) in [
        ("leaves", "deregister", "completed"),
        ("fails", "stop", "failed"),
        ("panics", "stop", "panicked"),
        ("hangs", "flush", "timed_out"),
        ("closes", "close", "skipped"),
    ] {
        let labels = format!(r#"{{hook="pushed::{hook}",phase="{phase}",outcome="{outcome}"}} 1"#);
        assert!(text.lines().any(|line| line == format!("on_shutdown_hooks_total{labels}")), "{hook}\n{text}");
        let count = format!("on_shutdown_hook_duration_seconds_count{labels}");
        assert!(text.lines().any(|line| line == count), "{count}\n{text}");
    }
    assert!(text.contains("on_shutdown_in_flight_at_drain 1\n"), "{text}");
    assert!(!text.contains("push_metrics"), "the hook cannot push its own end\n{text}");
}

#[test]
fn a_gateway_that_refuses_is_an_error_of_the_hook() {
    let (ended, pushes) = stop(StatusCode::BAD_REQUEST);
    assert_eq!(pushes.len(), 1, "{ended}");
    ended.assert_err("the gateway answered").assert_err("400 Bad Request");
}

/// docs/monitoring/README.md says so.
#[test]
fn the_exporter_renders_durations_as_a_summary() {
    let text = pushed();
    let exported = Exported::read(&text);
    let kind = |name: &str| exported.kinds.get(name).map(String::as_str);
    assert_eq!(kind("on_shutdown_hook_duration_seconds"), Some("summary"), "{text}");
    assert_eq!(kind("on_shutdown_hooks_total"), Some("counter"), "{text}");
    assert_eq!(kind("on_shutdown_time_left_seconds"), Some("gauge"), "{text}");
}

#[test]
fn rules_and_dashboard_query_every_metric_that_is_pushed_and_no_other() {
    let text = pushed();
    let exported = Exported::read(&text);
    let mut used = BTreeSet::new();
    for query in queries() {
        for sample in samples(&query) {
            assert!(exported.samples.contains(&sample), "nothing pushes {sample}, which this query reads:\n{query}");
            used.insert(metric(&sample, &exported).to_owned());
        }
    }
    let pushed: BTreeSet<String> = exported.kinds.into_keys().collect();
    assert_eq!(used, pushed, "the queries use every metric");
}

#[test]
fn rules_and_dashboard_match_labels_and_outcomes_that_are_pushed() {
    let text = pushed();
    let exported = Exported::read(&text);
    let mut seen = BTreeSet::new();
    for query in queries() {
        for (label, operator, value) in matchers(&query) {
            // Prometheus takes `job` and `instance` from the address of the push.
            if label == "job" || label == "instance" {
                continue;
            }
            let Some(values) = exported.labels.get(&label) else { panic!("no metric has the label {label}:\n{query}") };
            let alternatives = if operator.ends_with('~') { value.split('|').collect() } else { vec![&*value] };
            for value in alternatives {
                assert!(values.contains(value), "{label} is never {value}:\n{query}\n{text}");
                seen.insert(value.to_owned());
            }
        }
    }
    // A scan that finds nothing would pass.
    assert!(seen.contains("panicked") && seen.contains("skipped"), "{seen:?}");
}
