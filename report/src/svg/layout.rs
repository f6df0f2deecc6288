//! Decides the position of everything in the picture. All positions and sizes are pixels. The picture is [`WIDTH`] wide.

use std::collections::HashMap;
use std::time::Duration;

use super::legend;
use super::markers::{Marker, markers};
use super::outcome_style;
use super::text_fit::{keep_end, width_in_cells};
use super::time_scale::{Nanos, PixelRange, TimeScale, nanos};
use crate::model::{DRAIN_PHASE, Hook, Report, WorkInFlight};

pub(super) const WIDTH: f64 = 1200.0;
pub(super) const MARGIN: f64 = 28.0;
/// The height of title and overview.
const HEADER_HEIGHT: f64 = 158.0;
pub(super) const LANE_HEIGHT: f64 = 17.0;
const AXIS_HEIGHT: f64 = 22.0;
const BAND_GAP: f64 = 7.0;
const BAND_EDGE: f64 = 3.0;
/// The width of a character of the names.
const NAME_CELL: f64 = 7.25;
/// The width of a character of the remarks.
pub(super) const REMARK_CELL: f64 = 6.65;
/// In characters.
const MAX_NAME: usize = 34;
const PHASE_COLUMN: f64 = 94.0;
/// In characters. The column of phases has room for so many.
pub(super) const MAX_PHASE: usize = 11;
const PRIORITY_COLUMN: f64 = 40.0;
const OUTCOME_COLUMN: f64 = 244.0;
/// The number of hooks from which on rows are low.
const DENSE_FROM: usize = 61;

/// The positions of everything in the picture.
pub(super) struct Layout<'a> {
    pub(super) report: &'a Report,
    /// Whether the rows are low, because there are many.
    pub(super) is_dense: bool,
    pub(super) columns: ColumnPositions,
    pub(super) scale: TimeScale,
    pub(super) bands: Vec<Band<'a>>,
    pub(super) markers: Vec<Marker>,
    /// The top of the rows. Above are the axis and the labels of the markers.
    pub(super) top: f64,
    /// The bottom of the rows. Below are the axis again and the legend.
    pub(super) bottom: f64,
}

/// Where columns begin or end.
pub(super) struct ColumnPositions {
    pub(super) name: f64,
    /// The right end of the priorities; `None` if all priorities are 0.
    pub(super) priority: Option<f64>,
    pub(super) plot: PixelRange,
    /// The right end of the durations.
    pub(super) duration: f64,
    pub(super) icon: f64,
    pub(super) outcome: f64,
}

/// The rows of a phase.
pub(super) struct Band<'a> {
    pub(super) phase: &'a str,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// The time from the first start to the last end.
    pub(super) time: Option<(Nanos, Nanos)>,
    pub(super) rows: Vec<Row<'a>>,
}

pub(super) struct Row<'a> {
    pub(super) top: f64,
    /// The height of the bar. Below it is the remark.
    pub(super) height: f64,
    pub(super) name: String,
    pub(super) remark: Option<String>,
    pub(super) content: RowContent<'a>,
}

/// What a row shows.
#[derive(Clone, Copy)]
pub(super) enum RowContent<'a> {
    Hook(&'a Hook),
    /// The time from the trigger until draining began.
    StillServing(Duration),
    /// The work in flight, and its greatest number.
    InFlight(usize),
    Unfinished(&'a WorkInFlight),
}

impl<'a> Layout<'a> {
    pub(super) fn new(report: &'a Report) -> Self {
        let names = row_names(&report.hooks);
        let columns = ColumnPositions::new(report, &names);
        let scale = choose_scale(report, columns.plot);
        let markers = markers(report, &scale, PixelRange { left: columns.plot.left, right: WIDTH - MARGIN });
        let lanes = markers.iter().filter_map(|marker| marker.lane).max().map_or(0, |lane| lane + 1);
        let top = HEADER_HEIGHT + lanes as f64 * LANE_HEIGHT + AXIS_HEIGHT;
        let mut bottom = top;
        let mut bands = Vec::new();
        for phase in &report.phases {
            let rows = phase_rows(report, &names, phase);
            if !rows.is_empty() {
                let band = Band::new(bottom + BAND_GAP, report, phase, rows);
                bottom = band.bottom;
                bands.push(band);
            }
        }
        Self { report, is_dense: is_dense(report), columns, scale, bands, markers, top, bottom: bottom + BAND_GAP }
    }

    /// Returns the baseline of the legend's first line.
    pub(super) fn legend_top(&self) -> f64 {
        self.bottom + AXIS_HEIGHT + 26.0
    }

    pub(super) fn height(&self) -> f64 {
        self.legend_top() + legend::height(self)
    }
}

impl ColumnPositions {
    fn new(report: &Report, names: &[String]) -> Self {
        let longest = names.iter().map(|name| width_in_cells(name)).max().unwrap_or(0).max(STILL_SERVING.len());
        let name = MARGIN + PHASE_COLUMN;
        let end = name + longest as f64 * NAME_CELL;
        let priority = report.hooks.iter().any(|hook| hook.priority != 0).then_some(end + PRIORITY_COLUMN);
        let plot = PixelRange { left: priority.unwrap_or(end) + 16.0, right: WIDTH - MARGIN - OUTCOME_COLUMN };
        let [duration, icon, outcome] = [72.0, 88.0, 100.0].map(|offset| plot.right + offset);
        Self { name, priority, plot, duration, icon, outcome }
    }
}

impl<'a> Band<'a> {
    fn new(top: f64, report: &Report, phase: &'a str, rows: Vec<Row<'a>>) -> Self {
        let mut next = top + BAND_EDGE;
        let mut place = |mut row: Row<'a>| {
            row.top = next;
            next += row.height + row.remark_height();
            row
        };
        let rows: Vec<Row<'_>> = rows.into_iter().map(&mut place).collect();
        Self { phase, top, bottom: next + BAND_EDGE, time: phase_time(report, phase), rows }
    }
}

impl Row<'_> {
    /// Returns 0 if there is no remark, or if the remark replaces the bar: a hook that never ran has no bar.
    fn remark_height(&self) -> f64 {
        let is_in_bar = matches!(self.content, RowContent::Hook(hook) if hook.run_time().is_none());
        if self.remark.is_some() && !is_in_bar { 15.0 } else { 0.0 }
    }
}

const STILL_SERVING: &str = "(still serving)";
const IN_FLIGHT: &str = "(in flight)";
const UNFINISHED: &str = "(cut off)";

fn phase_rows<'a>(report: &'a Report, names: &[String], phase: &str) -> Vec<Row<'a>> {
    let hook_height = if is_dense(report) { 15.0 } else { 22.0 };
    let row = |content, name: &str, height| Row { top: 0.0, height, name: name.to_owned(), remark: None, content };
    let mut rows = Vec::new();
    if is_first_phase(report, phase) {
        // A delay that is a sliver of the whole explains nothing, nor does the moment in which a shutdown starts.
        let least = (report.duration / 50).max(Duration::from_millis(1));
        let delay = report.draining.filter(|at| *at >= least);
        rows.extend(delay.map(|delay| row(RowContent::StillServing(delay), STILL_SERVING, 22.0)));
    }
    let hooks = report.hooks.iter().zip(names).filter(|(hook, _)| hook.phase == phase);
    rows.extend(hooks.map(|(hook, name)| Row {
        remark: outcome_style::remark(hook),
        ..row(RowContent::Hook(hook), name, hook_height)
    }));
    if phase == DRAIN_PHASE {
        let most = report.in_flight_samples.iter().map(|sample| sample.count).max().filter(|most| *most > 0);
        rows.extend(most.map(|most| row(RowContent::InFlight(most), IN_FLIGHT, 44.0)));
        rows.extend(report.in_flight.iter().map(|work| row(RowContent::Unfinished(work), UNFINISHED, 20.0)));
    }
    rows
}

/// Returns whether the program still serves while the hooks of this phase run.
fn is_first_phase(report: &Report, phase: &str) -> bool {
    report.phases.first().is_some_and(|first| first == phase)
}

fn is_dense(report: &Report) -> bool {
    report.hooks.len() >= DENSE_FROM
}

/// Returns the hooks' names, with their modules where two hooks have the same name.
fn row_names(hooks: &[Hook]) -> Vec<String> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    hooks.iter().for_each(|hook| *count.entry(hook.name.as_str()).or_default() += 1);
    let is_unique = |hook: &Hook| count.get(hook.name.as_str()).is_none_or(|count| *count == 1);
    let name = |hook: &Hook| if is_unique(hook) { hook.name.clone() } else { hook.full_name() };
    hooks.iter().map(|hook| keep_end(&name(hook), MAX_NAME)).collect()
}

/// Returns start and end of the hook's run in nanoseconds.
pub(super) fn span(hook: &Hook) -> Option<(Nanos, Nanos)> {
    hook.run_time().map(|(start, end)| (nanos(start), nanos(end)))
}

/// Returns the time that the phase took: of its hooks, of the delay before draining, and of the work in flight.
fn phase_time(report: &Report, phase: &str) -> Option<(Nanos, Nanos)> {
    let hooks = report.hooks.iter().filter(|hook| hook.phase == phase).filter_map(span);
    let delay = report.draining.filter(|_| is_first_phase(report, phase)).map(|end| (0, nanos(end)));
    let drain = report.draining.filter(|_| phase == DRAIN_PHASE).map(|start| (nanos(start), nanos(drain_end(report))));
    hooks.chain(delay).chain(drain).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// Returns the time at which the runtime stopped waiting for work in flight: all work was done, or the next phase began,
/// or the shutdown ended.
pub(super) fn drain_end(report: &Report) -> Duration {
    match report.in_flight_samples.last() {
        None => report.draining.unwrap_or_default(),
        Some(last) if last.count == 0 => last.at,
        Some(_) => {
            let (_, later) = report.split_after_drain();
            later.iter().filter_map(|hook| hook.start).min().unwrap_or(report.duration)
        }
    }
}

/// Chooses the axis: it ends with the shutdown, or with the deadline if that is near and needs no fold.
fn choose_scale(report: &Report, plot: PixelRange) -> TimeScale {
    let (duration, deadline) = (nanos(report.duration).max(1_000), nanos(report.budget));
    let spans: Vec<_> = report.hooks.iter().filter_map(span).collect();
    let drain = [report.draining.unwrap_or_default(), drain_end(report)];
    let later = report.later_triggers.iter().map(|later| later.at);
    let moments: Vec<Nanos> = drain.into_iter().chain(later).map(nanos).chain([duration]).collect();
    let scale = TimeScale::choose(duration, &spans, &moments, plot);
    if scale.is_linear() && (duration..=duration + duration / 3).contains(&deadline) {
        let longer = TimeScale::choose(deadline, &spans, &moments, plot);
        return if longer.is_linear() { longer } else { scale };
    }
    scale
}
