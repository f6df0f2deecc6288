//! Writes plans and reports as JSON.
//!
//! The format is public, and `report/src/json` reads reports of all versions. Fields may be added under the same number.
//! Every other change raises [`FORMAT`]: another meaning of a field, a removed or renamed field, a new outcome, a new kind
//! of trigger.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::hook::{HookRecord, Phase};
use crate::inspect::OpenConnection;
use crate::plan::Plan;
use crate::report::process_info::ProcessInfo;
use crate::report::{CutOff, HookReport, Outcome, ProgramExit, Report};
use crate::trigger::Trigger;

/// The number of the format, the first field of every plan and every report.
const FORMAT: u32 = 1;

/// Durations and times are in seconds. Times count from the trigger, except `triggered_at`, which counts from 1970.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ReportView::of(self).serialize(serializer)
    }
}

/// Durations are in seconds.
impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PlanView::of(self).serialize(serializer)
    }
}

impl Report {
    /// Returns the report as JSON, indented.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_pretty_json(self)
    }
}

impl Plan {
    /// Returns the plan as JSON, indented. A test can compare it with a snapshot in the repository of the program.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_pretty_json(self)
    }
}

fn to_pretty_json(value: &impl Serialize) -> String {
    // The values are finite numbers and strings, which JSON never refuses.
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[derive(Serialize)]
struct ReportView<'a> {
    format: u32,
    process: Option<ProcessView<'a>>,
    triggered_at: f64,
    trigger: TriggerView<'a>,
    exit_code: u8,
    duration: f64,
    budget: f64,
    deadline_exceeded: bool,
    forced: Option<String>,
    program_exit: Option<ProgramExitView>,
    draining: Option<f64>,
    last_new_work: Option<f64>,
    /// All phases in order. A reader does not have to know them.
    phases: [&'static str; Phase::ALL.len()],
    hooks: Vec<HookReportView<'a>>,
    in_flight: Vec<WorkView<'a>>,
    cut_off: Option<CutOffView<'a>>,
    in_flight_samples: Vec<(f64, usize)>,
    later_triggers: Vec<LaterTriggerView<'a>>,
}

impl<'a> ReportView<'a> {
    fn of(report: &'a Report) -> Self {
        let in_flight = report.in_flight.iter().map(|work| WorkView {
            name: work.name.as_ref(),
            count: work.count,
            oldest: seconds(work.oldest),
            file: work.file.as_ref(),
            line: work.line,
        });
        let later_triggers = report
            .later_triggers
            .iter()
            .map(|later| LaterTriggerView { at: seconds(later.at), trigger: TriggerView::of(&later.trigger) });
        Self {
            format: FORMAT,
            process: report.process.as_ref().map(ProcessView::of),
            triggered_at: report.triggered_at.duration_since(SystemTime::UNIX_EPOCH).map(seconds).unwrap_or_default(),
            trigger: TriggerView::of(&report.trigger),
            exit_code: report.exit_code,
            duration: seconds(report.duration),
            budget: seconds(report.budget),
            deadline_exceeded: report.deadline_exceeded,
            forced: report.forced.map(|signal| signal.to_string()),
            program_exit: report.program_exit.map(ProgramExitView::of),
            draining: report.draining.map(seconds),
            last_new_work: report.last_new_work.map(seconds),
            phases: Phase::ALL.map(Phase::name),
            hooks: report.hooks.iter().map(HookReportView::of).collect(),
            in_flight: in_flight.collect(),
            cut_off: report.cut_off.as_ref().map(CutOffView::of),
            in_flight_samples: report
                .in_flight_samples
                .iter()
                .map(|sample| (seconds(sample.at), sample.count))
                .collect(),
            later_triggers: later_triggers.collect(),
        }
    }
}

#[derive(Serialize)]
struct ProcessView<'a> {
    name: &'a str,
    version: Option<&'a str>,
    pid: u32,
    host: Option<&'a str>,
}

impl<'a> ProcessView<'a> {
    fn of(process: &'a ProcessInfo) -> Self {
        let ProcessInfo { name, version, pid, host } = process;
        Self { name, version: version.as_deref(), pid: *pid, host: host.as_deref() }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum TriggerView<'a> {
    Signal {
        signal: String,
        number: i32,
        sender_pid: Option<i32>,
        sender_uid: Option<u32>,
        sender_name: Option<&'a str>,
    },
    Request {
        label: &'a str,
    },
    MainReturned,
    MainFailed {
        error: &'a str,
        details: &'a str,
    },
    MainPanicked {
        message: &'a str,
    },
    TaskFailed {
        name: &'a str,
        file: &'a str,
        line: u32,
        error: &'a str,
        details: &'a str,
    },
    TaskPanicked {
        name: &'a str,
        file: &'a str,
        line: u32,
        message: &'a str,
    },
    TaskEnded {
        name: &'a str,
        file: &'a str,
        line: u32,
    },
}

impl<'a> TriggerView<'a> {
    fn of(trigger: &'a Trigger) -> Self {
        match trigger {
            Trigger::Signal { signal, sender } => Self::Signal {
                signal: signal.to_string(),
                number: signal.number(),
                sender_pid: sender.as_ref().map(|sender| sender.pid),
                sender_uid: sender.as_ref().map(|sender| sender.uid),
                sender_name: sender.as_ref().and_then(|sender| sender.name.as_deref()),
            },
            Trigger::Request { label } => Self::Request { label },
            Trigger::MainReturned => Self::MainReturned,
            Trigger::MainFailed { error, details } => Self::MainFailed { error, details },
            Trigger::MainPanicked { message } => Self::MainPanicked { message },
            Trigger::TaskFailed { name, file, line, error, details } => {
                Self::TaskFailed { name, file, line: *line, error, details }
            }
            Trigger::TaskPanicked { name, file, line, message } => {
                Self::TaskPanicked { name, file, line: *line, message }
            }
            Trigger::TaskEnded { name, file, line } => Self::TaskEnded { name, file, line: *line },
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ProgramExitView {
    MainFailed,
    MainPanicked,
    TaskFailed,
    TaskPanicked,
    Requested { code: u8 },
}

impl ProgramExitView {
    fn of(exit: ProgramExit) -> Self {
        match exit {
            ProgramExit::MainFailed => Self::MainFailed,
            ProgramExit::MainPanicked => Self::MainPanicked,
            ProgramExit::TaskFailed => Self::TaskFailed,
            ProgramExit::TaskPanicked => Self::TaskPanicked,
            ProgramExit::Requested(code) => Self::Requested { code },
        }
    }
}

#[derive(Serialize)]
struct HookReportView<'a> {
    name: String,
    /// The part of `name` before the function's own name; empty for a hook that was registered at run time.
    module: &'a str,
    phase: &'static str,
    priority: i32,
    timeout: f64,
    start: Option<f64>,
    duration: f64,
    outcome: &'static str,
    /// The error, the message of the panic, or the reason for skipping.
    why: Option<Cow<'a, str>>,
    abandoned: bool,
    activity: Option<&'a str>,
    left_tasks: usize,
    file: &'a str,
    line: u32,
    package: &'a str,
    version: &'a str,
}

impl<'a> HookReportView<'a> {
    fn of(hook: &'a HookReport) -> Self {
        let why = match &hook.outcome {
            Outcome::Completed | Outcome::TimedOut { .. } => None,
            Outcome::Failed(why) => Some(Cow::Borrowed(why.as_str())),
            Outcome::Panicked(why) => Some(Cow::Borrowed(why.as_str())),
            Outcome::Skipped(why) => Some(Cow::Owned(why.to_string())),
        };
        Self {
            name: hook.full_name(),
            module: &hook.module,
            phase: hook.phase.name(),
            priority: hook.priority,
            timeout: seconds(hook.timeout),
            start: hook.start.map(seconds),
            duration: seconds(hook.duration),
            outcome: hook.outcome.name(),
            why,
            abandoned: hook.outcome == Outcome::TimedOut { abandoned: true },
            activity: hook.activity.as_deref(),
            left_tasks: hook.left_tasks,
            file: &hook.file,
            line: hook.line,
            package: &hook.package,
            version: &hook.version,
        }
    }
}

#[derive(Serialize)]
struct WorkView<'a> {
    name: &'a str,
    count: usize,
    oldest: f64,
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct CutOffView<'a> {
    at: f64,
    max_drain_time: Option<f64>,
    kept_for: Vec<KeptTimeView<'a>>,
    connections: Vec<ConnectionView>,
    more_connections: usize,
}

impl<'a> CutOffView<'a> {
    fn of(cut_off: &'a CutOff) -> Self {
        let kept_for = cut_off.kept_for.iter();
        let kept_for = kept_for.map(|kept| KeptTimeView { hook: &kept.hook, time: seconds(kept.time) });
        Self {
            at: seconds(cut_off.at),
            max_drain_time: cut_off.max_drain_time.map(seconds),
            kept_for: kept_for.collect(),
            connections: cut_off.connections.iter().map(ConnectionView::of).collect(),
            more_connections: cut_off.more_connections,
        }
    }
}

#[derive(Serialize)]
struct ConnectionView {
    local: String,
    peer: String,
    state: &'static str,
    unread: u32,
    unsent: u32,
}

impl ConnectionView {
    fn of(connection: &OpenConnection) -> Self {
        let OpenConnection { local, peer, state, unread, unsent } = *connection;
        Self { local: local.to_string(), peer: peer.to_string(), state, unread, unsent }
    }
}

#[derive(Serialize)]
struct KeptTimeView<'a> {
    hook: &'a str,
    time: f64,
}

#[derive(Serialize)]
struct LaterTriggerView<'a> {
    at: f64,
    trigger: TriggerView<'a>,
}

#[derive(Serialize)]
struct PlanView {
    format: u32,
    grace_period: f64,
    grace_period_source: String,
    budget: f64,
    drain_delay: f64,
    drain_delay_source: String,
    min_drain_time: f64,
    max_drain_time: Option<f64>,
    /// Until when work in flight is waited for at most.
    drain_limit: f64,
    worst_case: f64,
    fits: bool,
    hooks: Vec<HookView>,
    disabled: Vec<String>,
}

impl PlanView {
    fn of(plan: &Plan) -> Self {
        let budget = plan.budget();
        Self {
            format: FORMAT,
            grace_period: seconds(budget.grace_period()),
            grace_period_source: budget.source().to_string(),
            budget: seconds(budget.total()),
            drain_delay: seconds(plan.drain_delay()),
            drain_delay_source: plan.drain_delay_source().to_string(),
            min_drain_time: seconds(plan.min_drain_time()),
            max_drain_time: plan.max_drain_time().map(seconds),
            drain_limit: seconds(plan.drain_limit()),
            worst_case: seconds(plan.worst_case()),
            fits: plan.fits(),
            hooks: plan.with_after().map(|(hook, after)| HookView::of(hook, after)).collect(),
            disabled: plan.disabled().map(crate::Hook::full_name).collect(),
        }
    }
}

#[derive(Serialize)]
struct HookView {
    name: String,
    phase: &'static str,
    priority: i32,
    timeout: f64,
    after: Vec<String>,
    is_async: bool,
    file: &'static str,
    line: u32,
    package: &'static str,
    version: &'static str,
}

impl HookView {
    fn of(hook: &HookRecord, after: Vec<&HookRecord>) -> Self {
        Self {
            name: hook.full_name(),
            phase: hook.phase.name(),
            priority: hook.priority,
            timeout: seconds(hook.timeout),
            after: after.into_iter().map(HookRecord::full_name).collect(),
            is_async: hook.body.is_async(),
            file: hook.file,
            line: hook.line,
            package: hook.package,
            version: hook.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::sample;
    use super::*;
    use crate::report::{InFlightSample, LaterTrigger, SkipReason};

    fn to_value(report: &Report) -> Value {
        serde_json::from_str(&report.to_json()).expect("the report is JSON")
    }

    fn fields(value: &Value) -> Vec<&str> {
        value.as_object().expect("an object").keys().map(String::as_str).collect()
    }

    /// A field that is renamed or removed needs another number of the format.
    #[test]
    fn spec_3_24_fields_have_the_names_of_the_public_format() {
        let report = to_value(&sample::report(&[Outcome::Completed]));
        let mut expected = vec!["format", "process", "triggered_at", "trigger", "exit_code", "duration", "budget"];
        expected.extend([
            "deadline_exceeded",
            "forced",
            "program_exit",
            "draining",
            "last_new_work",
            "phases",
            "hooks",
            "in_flight",
        ]);
        expected.push("cut_off");
        expected.extend(["in_flight_samples", "later_triggers"]);
        expected.sort_unstable();
        let mut found = fields(&report);
        found.sort_unstable();
        assert_eq!(found, expected);
        let mut expected =
            vec!["name", "module", "phase", "priority", "timeout", "start", "duration", "outcome", "why"];
        expected.extend(["abandoned", "activity", "left_tasks", "file", "line", "package", "version"]);
        expected.sort_unstable();
        let mut found = fields(&report["hooks"][0]);
        found.sort_unstable();
        assert_eq!((found, &report["format"]), (expected, &json!(1)));
    }

    #[test]
    fn values_of_the_report_are_in_its_json() {
        let mut report = sample::report(&[Outcome::Skipped(SkipReason::NoTimeLeft)]);
        report.hooks.iter_mut().for_each(|hook| hook.left_tasks = 3);
        report.program_exit = Some(ProgramExit::Requested(3));
        report.in_flight_samples = vec![InFlightSample { at: Duration::from_millis(500), count: 2 }];
        let trigger = Trigger::Request { label: "again".to_owned() };
        report.later_triggers = vec![LaterTrigger { at: Duration::from_millis(250), trigger }];
        let value = to_value(&report);
        let hook = &value["hooks"][0];
        assert_eq!((&hook["why"], &hook["left_tasks"]), (&json!("no time was left"), &json!(3)), "{value:#}");
        assert_eq!(value["program_exit"], json!({ "kind": "requested", "code": 3 }));
        assert_eq!(value["in_flight_samples"], json!([[0.5, 2]]));
        let later = json!([{ "at": 0.25, "trigger": { "kind": "request", "label": "again" } }]);
        assert_eq!(value["later_triggers"], later);
    }
}
