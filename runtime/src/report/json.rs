//! Writes plans and reports as JSON.
//!
//! The format is public, and `report/src/json` reads reports of all versions. Fields may be added under the same number.
//! Every other change raises [`FORMAT`]: another meaning of a field, a removed or renamed field, a new outcome, a new kind
//! of trigger.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};

use crate::hook::{Hook, Phase};
use crate::plan::Plan;
use crate::report::{HookReport, Outcome, ProgramExit, Report};
use crate::trigger::Trigger;

/// The number of the format, the first field of every plan and every report.
const FORMAT: u32 = 1;

/// Lengths and times are in seconds, counted from the trigger; `triggered_at` counts from 1970.
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ReportView::of(self).serialize(serializer)
    }
}

/// Lengths are in seconds.
impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PlanView::of(self).serialize(serializer)
    }
}

impl Report {
    /// The report as JSON, in lines that a person can read.
    #[must_use]
    pub fn to_json(&self) -> String {
        text(self)
    }
}

impl Plan {
    /// The plan as JSON, in lines that a person can read: for a snapshot in the program's repository.
    #[must_use]
    pub fn to_json(&self) -> String {
        text(self)
    }
}

fn text(value: &impl Serialize) -> String {
    // Numbers and strings only: nothing that JSON could refuse.
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}

fn seconds(length: Duration) -> f64 {
    length.as_secs_f64()
}

#[derive(Serialize)]
struct ReportView<'a> {
    format: u32,
    triggered_at: f64,
    trigger: TriggerView<'a>,
    exit_code: u8,
    duration: f64,
    budget: f64,
    deadline_exceeded: bool,
    forced: Option<String>,
    program_exit: Option<EndView>,
    draining: Option<f64>,
    /// All phases in order, so that readers need not know them.
    phases: [&'static str; Phase::ALL.len()],
    hooks: Vec<RunView<'a>>,
    cut_off: Vec<WorkView<'a>>,
    in_flight_samples: Vec<(f64, usize)>,
    noted: Vec<NotedView<'a>>,
}

impl<'a> ReportView<'a> {
    fn of(report: &'a Report) -> Self {
        let cut_off = report.in_flight.iter().map(|work| WorkView {
            name: work.name.as_ref(),
            count: work.count,
            oldest: seconds(work.oldest),
            file: work.file.as_ref(),
            line: work.line,
        });
        let noted = report.later_triggers.iter();
        Self {
            format: FORMAT,
            triggered_at: report.triggered_at.duration_since(SystemTime::UNIX_EPOCH).map(seconds).unwrap_or_default(),
            trigger: TriggerView::of(&report.trigger),
            exit_code: report.exit_code,
            duration: seconds(report.duration),
            budget: seconds(report.budget),
            deadline_exceeded: report.deadline_exceeded,
            forced: report.forced.map(|signal| signal.to_string()),
            program_exit: report.program_exit.map(EndView::of),
            draining: report.draining.map(seconds),
            phases: Phase::ALL.map(Phase::name),
            hooks: report.hooks.iter().map(RunView::of).collect(),
            cut_off: cut_off.collect(),
            in_flight_samples: report.in_flight_samples.iter().map(|seen| (seconds(seen.at), seen.count)).collect(),
            noted: noted
                .map(|noted| NotedView { at: seconds(noted.at), trigger: TriggerView::of(&noted.trigger) })
                .collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum TriggerView<'a> {
    Signal { signal: String, number: i32, sender_pid: Option<i32>, sender_uid: Option<u32> },
    Request { label: &'a str },
    MainReturned,
    MainFailed { error: &'a str },
    MainPanicked { message: &'a str },
}

impl<'a> TriggerView<'a> {
    fn of(trigger: &'a Trigger) -> Self {
        match trigger {
            Trigger::Signal { signal, sender } => Self::Signal {
                signal: signal.to_string(),
                number: signal.number(),
                sender_pid: sender.map(|sender| sender.pid),
                sender_uid: sender.map(|sender| sender.uid),
            },
            Trigger::Request { label } => Self::Request { label },
            Trigger::MainReturned => Self::MainReturned,
            Trigger::MainFailed { error } => Self::MainFailed { error },
            Trigger::MainPanicked { message } => Self::MainPanicked { message },
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum EndView {
    MainFailed,
    MainPanicked,
    Asked { code: u8 },
}

impl EndView {
    fn of(end: ProgramExit) -> Self {
        match end {
            ProgramExit::MainFailed => Self::MainFailed,
            ProgramExit::MainPanicked => Self::MainPanicked,
            ProgramExit::Asked(code) => Self::Asked { code },
        }
    }
}

#[derive(Serialize)]
struct RunView<'a> {
    name: String,
    /// The part of `name` before the function's own name; empty for a hook that was registered at run time.
    module: &'a str,
    phase: &'static str,
    priority: i32,
    timeout: f64,
    start: Option<f64>,
    duration: f64,
    outcome: &'static str,
    /// The error, the panic's message, the reason for skipping.
    why: Option<Cow<'a, str>>,
    abandoned: bool,
    activity: Option<&'a str>,
    file: &'a str,
    line: u32,
    package: &'a str,
    version: &'a str,
}

impl<'a> RunView<'a> {
    fn of(hook: &'a HookReport) -> Self {
        let why = match &hook.outcome {
            Outcome::Completed | Outcome::TimedOut { .. } => None,
            Outcome::Failed(why) | Outcome::Panicked(why) => Some(Cow::Borrowed(why.as_str())),
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
struct NotedView<'a> {
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
    fn of(hook: &Hook, after: Vec<&Hook>) -> Self {
        Self {
            name: hook.full_name(),
            phase: hook.phase.name(),
            priority: hook.priority,
            timeout: seconds(hook.timeout),
            after: after.into_iter().map(Hook::full_name).collect(),
            is_async: hook.body.is_async(),
            file: hook.file,
            line: hook.line,
            package: hook.package,
            version: hook.version,
        }
    }
}
