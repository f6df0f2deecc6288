//! Formats a line for stderr as one JSON object.
//!
//! A line has the level, the fields and the values of the `tracing` event; `field_tests.rs` compares them. Only the whole
//! report is in a line alone. `docs/telemetry.md` lists all.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::event::has_own_line;
use super::level::Level;
use super::{Event, HookLabel};
use crate::drain::WorkInFlight;
use crate::report::wall_clock::utc_micros;
use crate::report::{HookReport, OneLine, Report};

#[derive(Serialize)]
struct JsonLine<'a> {
    /// `None` if the clock is wrong.
    time: Option<String>,
    level: &'static str,
    target: &'static str,
    event: &'static str,
    message: &'a str,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// Returns a line that belongs to no event of a shutdown.
pub(super) fn message(level: Level, message: &str) -> String {
    line(level, "message", message, Value::Null)
}

/// Returns the line of an event. An event that says nothing by itself has none, and with `quiet`, an expected event has none.
pub(super) fn event(event: &Event, quiet: bool) -> Option<String> {
    let sentence = match event {
        // Not in the text, whose report shows it.
        Event::HookEnded(hook) if has_own_line(&hook.outcome) => hook_sentence(hook),
        other => other.line(quiet)?,
    };
    Some(line(level(event), name(event), &sentence, fields(event)))
}

/// Returns the line with the whole report.
pub(super) fn report(report: &Report) -> String {
    let message = format!("shutdown report: {}", OneLine(report.headline()));
    line(report_level(report), "report", &message, with_report(report_fields(report), report))
}

/// Returns the line about a report that a subscriber has taken.
#[cfg(any(feature = "tracing", feature = "metrics"))]
pub(super) fn exit_code(report: &Report, message: &str) -> String {
    line(report_level(report), "exit_code", message, report_fields(report))
}

fn line(level: Level, event: &'static str, message: &str, fields: Value) -> String {
    let level = match level {
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    };
    let fields = if let Value::Object(fields) = fields { fields } else { Map::new() };
    let time = utc_micros(SystemTime::now()).map(|time| time.to_string());
    let line = JsonLine { time, level, target: "on_shutdown", event, message, fields };
    serde_json::to_string(&line).map(|line| line + "\n").unwrap_or_default()
}

fn name(event: &Event) -> &'static str {
    match event {
        Event::Installed(_) => "installed",
        Event::Warning(_) => "warning",
        Event::Triggered => "triggered",
        Event::Began { .. } => "shutdown_began",
        Event::ScopeBegan { .. } => "scope_shutdown_began",
        Event::PhaseBegan { .. } => "phase_began",
        Event::DrainingBegan { .. } => "draining_began",
        Event::HookEnded(_) => "hook_ended",
        Event::HookTimedOut { .. } => "hook_timed_out",
        Event::StillRunning { .. } => "hook_still_running",
        Event::StillInFlight(_) => "work_still_in_flight",
        Event::WorkCutOff(_) => "work_cut_off",
        Event::LaterTrigger(_) => "later_trigger",
        Event::FastShutdown(_) => "fast_shutdown",
        Event::Progress(_) => "progress",
        Event::Problem(_) => "problem",
        Event::Ended(_) | Event::CutOff(_) => "report",
        Event::ScopeEnded { .. } => "scope_ended",
    }
}

fn level(event: &Event) -> Level {
    match event {
        Event::Warning(_)
        | Event::Problem(_)
        | Event::HookEnded(_)
        | Event::HookTimedOut { .. }
        | Event::StillRunning { .. }
        | Event::WorkCutOff(_)
        | Event::FastShutdown(_) => Level::Warn,
        Event::ScopeEnded { report, .. } if !report.is_success() => Level::Warn,
        Event::Ended(report) | Event::CutOff(report) => report_level(report),
        _ => Level::Info,
    }
}

fn report_level(report: &Report) -> Level {
    if report.exit_code == 0 { Level::Info } else { Level::Error }
}

fn fields(event: &Event) -> Value {
    let activity = |activity: &Option<String>| activity.as_ref().map(text);
    match event {
        Event::Began { trigger, hooks, within } => {
            json!({ "trigger": text(trigger), "hooks": hooks, "within_seconds": seconds(*within) })
        }
        Event::ScopeBegan { scope, trigger, hooks, within } => {
            json!({ "scope": scope, "trigger": text(trigger), "hooks": hooks, "within_seconds": seconds(*within) })
        }
        Event::ScopeEnded { scope, report } => {
            let fields = json!({ "scope": scope, "exit_code": report.exit_code, "seconds": seconds(report.duration) });
            with_report(fields, report)
        }
        Event::HookEnded(hook) => json!({
            "hook": text(hook.full_name()), "file": hook.file, "line": hook.line, "phase": hook.phase.name(),
            "seconds": seconds(hook.duration), "outcome": hook.outcome.name(),
        }),
        Event::HookTimedOut { hook, after, activity: found } => {
            let HookLabel { full_name, phase, file, line, .. } = hook;
            json!({
                "hook": text(full_name), "file": file, "line": line, "phase": phase.name(), "activity": activity(found),
                "seconds": seconds(*after), "outcome": "timed_out",
            })
        }
        Event::StillRunning { hook, elapsed, remaining, activity: found } => {
            let HookLabel { full_name, phase, file, line, .. } = hook;
            json!({
                "hook": text(full_name), "file": file, "line": line, "phase": phase.name(), "activity": activity(found),
                "elapsed_seconds": seconds(*elapsed), "remaining_seconds": seconds(*remaining),
            })
        }
        Event::StillInFlight(work) | Event::WorkCutOff(work) => work_fields(work),
        Event::LaterTrigger(trigger) => json!({ "trigger": text(trigger) }),
        Event::FastShutdown(signal) => json!({ "signal": signal.to_string() }),
        _ => Value::Null,
    }
}

fn work_fields(work: &WorkInFlight) -> Value {
    json!({
        "work": text(&work.name), "count": work.count, "oldest_seconds": seconds(work.oldest), "file": work.file,
        "line": work.line,
    })
}

fn report_fields(report: &Report) -> Value {
    json!({
        "exit_code": report.exit_code, "trigger": text(&report.trigger), "seconds": seconds(report.duration),
        "budget_seconds": seconds(report.budget),
    })
}

/// Adds the whole report to the fields.
fn with_report(mut fields: Value, report: &Report) -> Value {
    if let Some(fields) = fields.as_object_mut() {
        // A report has finite numbers and strings only, which JSON never refuses.
        fields.insert("report".to_owned(), serde_json::to_value(report).unwrap_or_default());
    }
    fields
}

fn hook_sentence(hook: &HookReport) -> String {
    let HookReport { name, file, line, outcome, .. } = hook;
    format!("{} ({file}:{line}) {}", OneLine(name), OneLine(outcome))
}

/// Returns the text without control characters, which a terminal would obey when a tool prints the field.
fn text(value: impl std::fmt::Display) -> String {
    OneLine(value).to_string()
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
