//! Marks moments across all rows: the trigger, later signals and requests, draining, the deadline.

use std::time::Duration;

use super::text_fit::{keep_start, width_in_cells};
use super::time_scale::{Nanos, PixelRange, TimeScale, nanos};
use crate::human_duration::HumanDuration;
use crate::model::{LaterTrigger, Report, Trigger};

/// Maximum number of lines of labels. A marker whose label fits into no line has only its own line and its tooltip.
const MAX_LANES: usize = 3;
/// Markers that are closer than this, in pixels, and have the same label are drawn as one.
const MERGE_DISTANCE: f64 = 5.0;
/// The width of a character of the labels, in pixels.
const CELL: f64 = 6.7;
/// The runtime takes a signal that comes this soon after the trigger for the same request.
const SAME_REQUEST: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkerKind {
    Trigger,
    LaterTrigger,
    Draining,
    Deadline,
}

impl MarkerKind {
    pub(super) fn css_class(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::LaterTrigger => "later",
            Self::Draining => "draining",
            Self::Deadline => "deadline",
        }
    }
}

/// One moment, or several of one kind that would be drawn over each other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Marker {
    pub(super) kind: MarkerKind,
    pub(super) at: Nanos,
    pub(super) x: f64,
    label: String,
    pub(super) tooltip: String,
    count: usize,
    /// The line of the label, counted from the bottom; `None` if it fits into none.
    pub(super) lane: Option<usize>,
    /// Whether the label is left of the marker's line.
    pub(super) is_label_left: bool,
}

impl Marker {
    fn new(kind: MarkerKind, at: Duration, scale: &TimeScale, label: String, tooltip: String) -> Self {
        let (at, x) = (nanos(at), scale.position(nanos(at)));
        Self { kind, at, x, label, tooltip, count: 1, lane: None, is_label_left: false }
    }

    pub(super) fn text(&self) -> String {
        if self.count == 1 { self.label.clone() } else { format!("{} ×{}", self.label, self.count) }
    }
}

/// Returns all markers in the order of time, with their labels placed.
pub(super) fn markers(report: &Report, scale: &TimeScale, label_range: PixelRange) -> Vec<Marker> {
    let (trigger, tooltip) = (short_name(&report.trigger), report.trigger.to_string());
    let mut markers = vec![Marker::new(MarkerKind::Trigger, Duration::ZERO, scale, trigger, tooltip)];
    markers.extend(report.draining.map(|at| {
        let tooltip = format!("draining from +{}: accept no new work, finish what has begun", HumanDuration(at));
        Marker::new(MarkerKind::Draining, at, scale, "draining".to_owned(), tooltip)
    }));
    markers.extend(report.later_triggers.iter().map(|later| {
        let tooltip = format!("{} at +{}", later.trigger, HumanDuration(later.at));
        Marker::new(MarkerKind::LaterTrigger, later.at, scale, label_with_effect(report, later), tooltip)
    }));
    if nanos(report.budget) <= scale.end() {
        let tooltip = format!("the deadline, {} after the trigger", HumanDuration(report.budget));
        markers.push(Marker::new(MarkerKind::Deadline, report.budget, scale, "deadline".to_owned(), tooltip));
    }
    markers.sort_by_key(|marker| marker.at);
    let mut markers = merge_close(markers);
    place_labels(&mut markers, label_range);
    markers
}

fn short_name(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Signal { signal, .. } => keep_start(signal, 30),
        Trigger::Request { label } => keep_start(&format!("request: {label}"), 30),
        Trigger::MainReturned => "main returned".to_owned(),
        Trigger::MainFailed { .. } => "main failed".to_owned(),
        Trigger::MainPanicked { .. } => "main panicked".to_owned(),
        Trigger::TaskFailed { name, .. } => keep_start(&format!("task {name} failed"), 30),
        Trigger::TaskPanicked { name, .. } => keep_start(&format!("task {name} panicked"), 30),
        Trigger::TaskEnded { name, .. } => keep_start(&format!("task {name} ended"), 30),
    }
}

/// Returns the trigger's name and its effect, as far as the report shows the effect.
fn label_with_effect(report: &Report, LaterTrigger { at, trigger }: &LaterTrigger) -> String {
    let name = short_name(trigger);
    let Trigger::Signal { signal, .. } = trigger else { return name };
    let effect = if report.forced.as_ref() == Some(signal) && *at >= report.duration {
        ": immediate exit"
    } else if signal == "SIGINT" && *at >= SAME_REQUEST {
        ": fast shutdown"
    } else {
        ""
    };
    format!("{name}{effect}")
}

fn merge_close(markers: Vec<Marker>) -> Vec<Marker> {
    let mut merged: Vec<Marker> = Vec::new();
    for marker in markers {
        match merged.last_mut() {
            Some(last) if last.label == marker.label && marker.x - last.x < MERGE_DISTANCE => {
                last.count += 1;
                last.tooltip = format!("{}\n{}", last.tooltip, marker.tooltip);
            }
            _ => merged.push(marker),
        }
    }
    merged
}

/// A label that has its position.
struct PlacedLabel {
    lane: usize,
    left: f64,
    right: f64,
    /// The marker's line, which runs from the label down.
    line: f64,
}

impl PlacedLabel {
    fn is_in_the_way_of(&self, lane: usize, left: f64, right: f64) -> bool {
        let is_crossed_by_line = self.lane >= lane && left < self.line && self.line < right;
        is_crossed_by_line || (self.lane == lane && left < self.right && self.left < right)
    }
}

/// Gives each label, from right to left, the lowest lane in which it touches no other label and no line of another.
fn place_labels(markers: &mut [Marker], range: PixelRange) {
    let mut placed: Vec<PlacedLabel> = Vec::new();
    for marker in markers.iter_mut().rev() {
        let width = width_in_cells(&marker.text()) as f64 * CELL + 10.0;
        let sides = [(false, marker.x, marker.x + width), (true, marker.x - width, marker.x)];
        let fitting = sides.into_iter().filter(|(_, left, right)| *left >= range.left && *right <= range.right);
        let mut choices = fitting.flat_map(|side| (0..MAX_LANES).map(move |lane| (lane, side)));
        let is_free =
            |lane: usize, left: f64, right: f64| !placed.iter().any(|label| label.is_in_the_way_of(lane, left, right));
        if let Some((lane, (is_left, left, right))) =
            choices.find(|(lane, (_, left, right))| is_free(*lane, *left, *right))
        {
            (marker.lane, marker.is_label_left) = (Some(lane), is_left);
            placed.push(PlacedLabel { lane, left, right, line: marker.x });
        }
    }
}
