//! Names the fields of the JSON, and turns them into the model.

use std::time::{Duration, SystemTime};

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::FORMAT;
use crate::model::{
    CutOff, DRAIN_PHASE, Hook, InFlightSample, LaterTrigger, Outcome, ProcessInfo, ProgramExit, Report, Trigger,
    WorkInFlight,
};

/// Durations beyond this are refused: thirty years, so that sums of a few of them fit into 64 bits of nanoseconds.
const MAX_SECONDS: f64 = 1e9;

/// The one field that is read before all others.
#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
pub(super) struct Header {
    #[serde(default = "first_format")]
    pub(super) format: u32,
}

/// The format of a report without a number.
fn first_format() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(expecting = "a JSON object")]
pub(super) struct ReportFields {
    #[serde(default = "first_format")]
    format: u32,
    trigger: Trigger,
    process: Option<ProcessInfo>,
    triggered_at: Option<f64>,
    exit_code: u8,
    duration: Seconds,
    budget: Seconds,
    #[serde(default)]
    deadline_exceeded: bool,
    forced: Option<String>,
    program_exit: Option<ProgramExit>,
    draining: Option<Seconds>,
    last_new_work: Option<Seconds>,
    #[serde(default)]
    phases: Vec<String>,
    hooks: Vec<Hook>,
    #[serde(default)]
    in_flight: Vec<WorkInFlight>,
    cut_off: Option<CutOff>,
    #[serde(default)]
    in_flight_samples: Vec<InFlightSample>,
    #[serde(default)]
    later_triggers: Vec<LaterTrigger>,
}

#[derive(Deserialize)]
#[serde(expecting = "a hook")]
struct HookFields {
    name: String,
    #[serde(default)]
    module: String,
    phase: String,
    #[serde(default)]
    priority: i32,
    #[serde(default)]
    timeout: Seconds,
    start: Option<Seconds>,
    #[serde(default)]
    duration: Seconds,
    outcome: String,
    why: Option<String>,
    #[serde(default)]
    abandoned: bool,
    activity: Option<String>,
    #[serde(default)]
    left_tasks: usize,
    #[serde(default)]
    file: String,
    #[serde(default)]
    line: u32,
    #[serde(default)]
    package: String,
    #[serde(default)]
    version: String,
}

/// A duration in seconds.
#[derive(Clone, Copy, Default)]
struct Seconds(Duration);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        let refused =
            || D::Error::custom(format!("`{seconds}` is no duration; expected seconds from 0 to {MAX_SECONDS}"));
        let known = (0.0..=MAX_SECONDS).contains(&seconds).then(|| Duration::try_from_secs_f64(seconds).ok());
        known.flatten().map(Self).ok_or_else(refused)
    }
}

/// Reads a duration in seconds, for fields that are a [`Duration`].
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Seconds::deserialize(deserializer).map(|seconds| seconds.0)
}

/// Reads seconds, or `null`.
pub(crate) fn optional_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Option::<Seconds>::deserialize(deserializer).map(|seconds| seconds.map(|seconds| seconds.0))
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = ReportFields::deserialize(deserializer)?;
        let format = fields.format;
        if format > FORMAT {
            return Err(D::Error::custom(format!("the report has format {format}; expected {FORMAT} at most")));
        }
        Ok(Self::from(fields))
    }
}

impl From<ReportFields> for Report {
    fn from(fields: ReportFields) -> Self {
        let has_work = !fields.in_flight.is_empty() || !fields.in_flight_samples.is_empty();
        let draining = fields.draining.map(|at| at.0);
        Self {
            phases: all_phases(fields.phases, &fields.hooks, has_work.then(|| draining.unwrap_or_default())),
            trigger: fields.trigger,
            process: fields.process,
            triggered_at: fields.triggered_at.and_then(wall_clock),
            exit_code: fields.exit_code,
            duration: fields.duration.0,
            budget: fields.budget.0,
            deadline_exceeded: fields.deadline_exceeded,
            forced: fields.forced,
            program_exit: fields.program_exit,
            draining,
            last_new_work: fields.last_new_work.map(|at| at.0),
            hooks: fields.hooks,
            in_flight: fields.in_flight,
            cut_off: fields.cut_off,
            in_flight_samples: fields.in_flight_samples,
            later_triggers: fields.later_triggers,
        }
    }
}

/// The runtime writes 0 if the clock stood before 1970.
fn wall_clock(seconds: f64) -> Option<SystemTime> {
    let since = Duration::try_from_secs_f64(seconds).ok().filter(|since| !since.is_zero())?;
    // The runtime's time has whole microseconds, which a number of this size holds only nearly.
    let micros = since.checked_add(Duration::from_nanos(500))?.as_micros();
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(u64::try_from(micros).ok()?))
}

/// Completes the list of phases with those of the hooks, and with the drain phase if work was waited for: a report may
/// have no list, or an incomplete one.
fn all_phases(mut phases: Vec<String>, hooks: &[Hook], waited_from: Option<Duration>) -> Vec<String> {
    for hook in hooks {
        if !phases.contains(&hook.phase) {
            phases.push(hook.phase.clone());
        }
    }
    if let Some(draining) = waited_from.filter(|_| !phases.iter().any(|phase| phase == DRAIN_PHASE)) {
        let is_later = |phase: &String| {
            hooks.iter().any(|hook| hook.phase == *phase && hook.start.is_some_and(|start| start >= draining))
        };
        let place = phases.iter().position(is_later).unwrap_or(phases.len());
        phases.insert(place, DRAIN_PHASE.to_owned());
    }
    phases
}

impl TryFrom<HookFields> for Hook {
    type Error = String;

    fn try_from(fields: HookFields) -> Result<Self, String> {
        let why = fields.why.unwrap_or_default();
        let outcome = match fields.outcome.as_str() {
            "completed" => Outcome::Completed,
            "failed" => Outcome::Failed(why),
            "panicked" => Outcome::Panicked(why),
            "timed_out" => Outcome::TimedOut { abandoned: fields.abandoned },
            "skipped" => Outcome::Skipped(why),
            other => {
                return Err(format!(
                    "unknown outcome `{other}`, expected `completed`, `failed`, `panicked`, `timed_out` or `skipped`"
                ));
            }
        };
        let (module, name) = split_name(&fields.name, &fields.module);
        Ok(Self {
            name: name.to_owned(),
            module: module.to_owned(),
            file: fields.file,
            line: fields.line,
            phase: fields.phase,
            priority: fields.priority,
            package: fields.package,
            version: fields.version,
            timeout: fields.timeout.0,
            start: fields.start.map(|start| start.0),
            duration: fields.duration.0,
            outcome,
            activity: fields.activity,
            left_tasks: fields.left_tasks,
        })
    }
}

/// Splits a full name into module and name. A name that was given at run time may contain `::`, and has no module.
fn split_name<'a>(full_name: &'a str, module: &'a str) -> (&'a str, &'a str) {
    let name = full_name.strip_prefix(module).and_then(|rest| rest.strip_prefix("::"));
    (if name.is_some() { module } else { "" }, name.unwrap_or(full_name))
}

impl<'de> Deserialize<'de> for Hook {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        HookFields::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for InFlightSample {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (at, count) = <(Seconds, usize)>::deserialize(deserializer)?;
        Ok(Self { at: at.0, count })
    }
}
