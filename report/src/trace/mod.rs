//! Writes reports in the Trace Event Format, which Perfetto and `chrome://tracing` open.
//!
//! The format is described in <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>. A
//! report is a process. The shutdown as a whole has the first thread, and each hook has one of its own: events of one
//! thread must nest, and hooks overlap. As on Linux, thread ids are unique over all processes, and the first thread has
//! the id of its process.
//!
//! Names and errors are escaped as in the text, because viewers show them on one line.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::model::{Hook, InFlightSample, LaterTrigger, Outcome, Report};
use crate::one_line::OneLine;
use crate::report_set::LabeledReport;

#[cfg(test)]
mod tests;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    display_time_unit: &'static str,
    trace_events: Vec<Event>,
}

/// Times are in microseconds.
#[derive(Serialize)]
struct Event {
    name: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    cat: String,
    ph: Kind,
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: usize,
    tid: usize,
    /// The scope of an instant event: `p` for the process, `t` for the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    /// A color by its reserved name. Perfetto picks its own colors.
    #[serde(skip_serializing_if = "Option::is_none")]
    cname: Option<&'static str>,
    args: Args,
}

/// The type of an event, which the format calls its phase.
#[derive(Clone, Copy, Serialize)]
enum Kind {
    #[serde(rename = "X")]
    Complete,
    #[serde(rename = "i")]
    Instant,
    #[serde(rename = "C")]
    Counter,
    #[serde(rename = "M")]
    Metadata,
}

/// What a viewer shows of an event, or what a metadata event sets.
#[derive(Serialize)]
#[serde(untagged)]
enum Args {
    Name { name: String },
    Labels { labels: String },
    SortIndex { sort_index: usize },
    Count { count: usize },
    Shutdown { trigger: String, result: String, exit_code: u8, budget_seconds: f64 },
    Hook(Box<HookArgs>),
    Text { description: String },
}

#[derive(Serialize)]
struct HookArgs {
    hook: String,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    left_tasks: usize,
    location: String,
    priority: i32,
    timeout_seconds: f64,
    #[serde(skip_serializing_if = "String::is_empty")]
    package: String,
}

/// Returns all reports as one JSON document.
pub(crate) fn document(reports: &[LabeledReport]) -> String {
    let origin = reports.iter().filter_map(|labeled| labeled.report.triggered_at).min();
    let mut trace_events = Vec::new();
    let mut pid = 1;
    for LabeledReport { label, report } in reports {
        Process { pid, shift: shift(report, origin), report, events: &mut trace_events }.add_all(label);
        pid += 1 + report.hooks.len();
    }
    let document = Document { display_time_unit: "ms", trace_events };
    // Finite numbers and strings: there is nothing that JSON could refuse.
    serde_json::to_string(&document).map(|json| json + "\n").unwrap_or_default()
}

/// Returns how long after the first trigger of all this report's trigger came.
fn shift(report: &Report, origin: Option<SystemTime>) -> Duration {
    let pair = report.triggered_at.zip(origin);
    pair.and_then(|(at, origin)| at.duration_since(origin).ok()).unwrap_or_default()
}

/// Adds the events of one report.
struct Process<'a> {
    pid: usize,
    shift: Duration,
    report: &'a Report,
    events: &'a mut Vec<Event>,
}

impl Process<'_> {
    fn add_all(mut self, label: &str) {
        let report = self.report;
        self.metadata(
            "process_name",
            self.pid,
            Args::Name { name: one_line(format_args!("{label}: {}", report.trigger)) },
        );
        self.metadata("process_labels", self.pid, Args::Labels { labels: format!("exit code {}", report.exit_code) });
        self.metadata("process_sort_index", self.pid, Args::SortIndex { sort_index: self.pid });
        self.thread(self.pid, "shutdown".to_owned());
        self.add_shutdown();
        for (index, hook) in report.hooks.iter().enumerate() {
            let tid = self.pid + 1 + index;
            self.thread(tid, one_line(hook.full_name()));
            self.add_hook(tid, hook);
        }
        for InFlightSample { at, count } in &report.in_flight_samples {
            let event = self.event(Kind::Counter, "in flight".to_owned(), *at, Args::Count { count: *count });
            self.events.push(event);
        }
    }

    fn add_shutdown(&mut self) {
        let report = self.report;
        let args = Args::Shutdown {
            trigger: one_line(&report.trigger),
            result: one_line(report.result()),
            exit_code: report.exit_code,
            budget_seconds: report.budget.as_secs_f64(),
        };
        let event = self.event(Kind::Complete, "shutdown".to_owned(), Duration::ZERO, args);
        self.events.push(Event { dur: Some(micros(report.duration)), ..event });
        if let Some(at) = report.draining {
            self.instant("draining".to_owned(), at, "accept no new work, finish what has begun".to_owned());
        }
        for LaterTrigger { at, trigger } in &report.later_triggers {
            self.instant(one_line(trigger), *at, "came during the shutdown".to_owned());
        }
        if report.deadline_exceeded || report.budget <= report.duration {
            self.instant("deadline".to_owned(), report.budget, "the shutdown had to end here".to_owned());
        }
    }

    /// Adds a hook that ran as a bar, and a hook that never ran as a moment.
    fn add_hook(&mut self, tid: usize, hook: &Hook) {
        let args = Args::Hook(Box::new(HookArgs::from(hook)));
        let name = one_line(&hook.name);
        let event = match hook.run_time() {
            Some((start, _)) => {
                Event { dur: Some(micros(hook.duration)), ..self.event(Kind::Complete, name, start, args) }
            }
            None => {
                let at = hook.start.unwrap_or(self.report.duration);
                Event { s: Some("t"), ..self.event(Kind::Instant, format!("{name} (never ran)"), at, args) }
            }
        };
        self.events.push(Event { tid, cat: one_line(&hook.phase), cname: Some(color(&hook.outcome)), ..event });
    }

    fn instant(&mut self, name: String, at: Duration, description: String) {
        let event = self.event(Kind::Instant, name, at, Args::Text { description });
        self.events.push(Event { s: Some("p"), ..event });
    }

    fn thread(&mut self, tid: usize, name: String) {
        self.metadata("thread_name", tid, Args::Name { name });
        self.metadata("thread_sort_index", tid, Args::SortIndex { sort_index: tid });
    }

    fn metadata(&mut self, name: &str, tid: usize, args: Args) {
        let event = self.event(Kind::Metadata, name.to_owned(), Duration::ZERO, args);
        self.events.push(Event { tid, cat: String::new(), ts: 0.0, ..event });
    }

    fn event(&self, ph: Kind, name: String, at: Duration, args: Args) -> Event {
        let ts = micros(self.shift.saturating_add(at));
        Event {
            name,
            cat: "shutdown".to_owned(),
            ph,
            ts,
            dur: None,
            pid: self.pid,
            tid: self.pid,
            s: None,
            cname: None,
            args,
        }
    }
}

impl From<&Hook> for HookArgs {
    fn from(hook: &Hook) -> Self {
        let outcome = match &hook.outcome {
            Outcome::TimedOut { .. } => hook.outcome.to_string(),
            other => other.name().to_owned(),
        };
        Self {
            hook: one_line(hook.full_name()),
            outcome,
            why: hook.outcome.why().map(one_line),
            activity: hook.activity.as_ref().map(one_line),
            left_tasks: hook.left_tasks,
            location: one_line(format_args!("{}:{}", hook.file, hook.line)),
            priority: hook.priority,
            timeout_seconds: hook.timeout.as_secs_f64(),
            package: one_line(format_args!("{} {}", hook.package, hook.version)).trim().to_owned(),
        }
    }
}

fn one_line(text: impl Display) -> String {
    OneLine(text).to_string()
}

/// Tells serde to leave out a count of zero.
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn color(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "good",
        Outcome::Failed(_) | Outcome::Panicked(_) => "terrible",
        Outcome::TimedOut { .. } => "bad",
        Outcome::Skipped(_) => "grey",
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1_000.0
}
