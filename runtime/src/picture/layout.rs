//! A report in, what stands where in its picture out; pure. Lengths are in pixels of a picture [`WIDTH`] wide.

use std::collections::HashMap;
use std::time::Duration;

use super::escape::{cells, tail};
use super::legend;
use super::look;
use super::marks::{Mark, marks};
use super::scale::{Extent, Nanos, Scale, nanos};
use crate::drain::WorkInFlight;
use crate::hook::Phase;
use crate::report::{HookReport, Outcome, Report};

pub(super) const WIDTH: f64 = 1200.0;
pub(super) const MARGIN: f64 = 28.0;
/// From here on, below title and overview.
const TOP: f64 = 158.0;
pub(super) const LANE: f64 = 17.0;
const AXIS: f64 = 22.0;
const BAND_GAP: f64 = 7.0;
const BAND_EDGE: f64 = 3.0;
/// Of the font of names and remarks.
const CELL: f64 = 7.25;
pub(super) const REMARK_CELL: f64 = 6.65;
const LONGEST_NAME: usize = 34;
const PHASES: f64 = 94.0;
const PRIORITIES: f64 = 40.0;
const OUTCOMES: f64 = 244.0;
/// With more hooks than this the rows are low.
const MANY: usize = 60;

/// What stands where.
pub(super) struct Layout<'a> {
    pub(super) report: &'a Report,
    /// The rows are low.
    pub(super) dense: bool,
    pub(super) columns: Columns,
    pub(super) scale: Scale,
    pub(super) bands: Vec<Band<'a>>,
    pub(super) marks: Vec<Mark>,
    /// Of the rows; above are the axis and the labels of marks, below the axis again, and the legend.
    pub(super) top: f64,
    pub(super) bottom: f64,
}

pub(super) struct Columns {
    pub(super) name: f64,
    /// Where priorities end, if there are any.
    pub(super) priority: Option<f64>,
    pub(super) plot: Extent,
    /// Where lengths of time end.
    pub(super) took: f64,
    pub(super) sign: f64,
    pub(super) words: f64,
}

/// The rows of a phase.
pub(super) struct Band<'a> {
    pub(super) phase: Phase,
    pub(super) top: f64,
    pub(super) bottom: f64,
    /// From the first start to the last end.
    pub(super) time: Option<(Nanos, Nanos)>,
    pub(super) rows: Vec<Row<'a>>,
}

pub(super) struct Row<'a> {
    pub(super) top: f64,
    /// Of its bar; below it is the remark.
    pub(super) height: f64,
    pub(super) name: String,
    pub(super) remark: Option<String>,
    pub(super) what: What<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum What<'a> {
    Hook(&'a HookReport),
    /// From the trigger until draining began.
    Serving(Duration),
    /// At most so much.
    InFlight(usize),
    CutOff(&'a WorkInFlight),
}

impl<'a> Layout<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let names = names(&report.hooks);
        let columns = Columns::for_names(report, &names);
        let scale = scale(report, columns.plot);
        let marks = marks(report, &scale, Extent { left: columns.plot.left, right: WIDTH - MARGIN });
        let lanes = marks.iter().filter_map(|mark| mark.lane).max().map_or(0, |lane| lane + 1);
        let top = TOP + lanes as f64 * LANE + AXIS;
        let mut bottom = top;
        let mut bands = Vec::new();
        for phase in Phase::ALL {
            let rows = rows(report, &names, phase);
            if !rows.is_empty() {
                let band = Band::at(bottom + BAND_GAP, report, phase, rows);
                bottom = band.bottom;
                bands.push(band);
            }
        }
        let dense = is_dense(report);
        Self { report, dense, columns, scale, bands, marks, top, bottom: bottom + BAND_GAP }
    }

    /// The base of its first line.
    pub(super) fn legend(&self) -> f64 {
        self.bottom + AXIS + 26.0
    }

    pub(super) fn height(&self) -> f64 {
        self.legend() + legend::height(self)
    }
}

impl Columns {
    fn for_names(report: &Report, names: &[String]) -> Self {
        let longest = names.iter().map(|name| cells(name)).max().unwrap_or(0).max(SERVING.len());
        let name = MARGIN + PHASES;
        let end = name + longest as f64 * CELL;
        let priority = report.hooks.iter().any(|hook| hook.priority != 0).then_some(end + PRIORITIES);
        let plot = Extent { left: priority.unwrap_or(end) + 16.0, right: WIDTH - MARGIN - OUTCOMES };
        let (took, sign, words) = (plot.right + 72.0, plot.right + 88.0, plot.right + 100.0);
        Self { name, priority, plot, took, sign, words }
    }
}

impl<'a> Band<'a> {
    fn at(top: f64, report: &Report, phase: Phase, rows: Vec<Row<'a>>) -> Self {
        let mut next = top + BAND_EDGE;
        let mut place = |mut row: Row<'a>| {
            row.top = next;
            next += row.height + row.remark_height();
            row
        };
        let rows: Vec<Row> = rows.into_iter().map(&mut place).collect();
        Self { phase, top, bottom: next + BAND_EDGE, time: time(report, phase), rows }
    }
}

impl Row<'_> {
    /// A hook that never started has no bar: its remark stands in its place.
    fn remark_is_below(&self) -> bool {
        self.remark.is_some() && !matches!(self.what, What::Hook(hook) if span(hook).is_none())
    }

    fn remark_height(&self) -> f64 {
        if self.remark_is_below() { 15.0 } else { 0.0 }
    }
}

const SERVING: &str = "(still serving)";
const IN_FLIGHT: &str = "(in flight)";

fn rows<'a>(report: &'a Report, names: &[String], phase: Phase) -> Vec<Row<'a>> {
    let low = is_dense(report);
    let row = |what, name: &str, height| Row { top: 0.0, height, name: name.to_owned(), remark: None, what };
    let mut rows = Vec::new();
    if phase == Phase::Announce {
        // A wait that is a sliver of the whole says nothing, nor does the moment in which a shutdown gets going.
        let least = (report.duration / 50).max(Duration::from_millis(1));
        let delay = report.draining.filter(|at| *at >= least);
        rows.extend(delay.map(|delay| row(What::Serving(delay), SERVING, 22.0)));
    }
    let hooks = report.hooks.iter().zip(names).filter(|(hook, _)| hook.phase == phase);
    rows.extend(hooks.map(|(hook, name)| Row {
        remark: look::remark(hook),
        ..row(What::Hook(hook), name, if low { 15.0 } else { 22.0 })
    }));
    if phase == Phase::Drain {
        let most = report.in_flight_seen.iter().map(|seen| seen.count).max().filter(|most| *most > 0);
        rows.extend(most.map(|most| row(What::InFlight(most), IN_FLIGHT, 44.0)));
        rows.extend(report.in_flight.iter().map(|work| row(What::CutOff(work), "(cut off)", 20.0)));
    }
    rows
}

fn is_dense(report: &Report) -> bool {
    report.hooks.len() > MANY
}

/// The hooks' own names; with their modules where two have the same.
fn names(hooks: &[HookReport]) -> Vec<String> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    hooks.iter().for_each(|hook| *count.entry(hook.name.as_str()).or_default() += 1);
    let is_unique = |hook: &HookReport| count.get(hook.name.as_str()).is_none_or(|count| *count == 1);
    let name = |hook: &HookReport| if is_unique(hook) { hook.name.clone() } else { hook.full_name() };
    hooks.iter().map(|hook| tail(&name(hook), LONGEST_NAME)).collect()
}

/// When the hook ran. One whose parameters were missing had its turn, and did not run.
pub(super) fn span(hook: &HookReport) -> Option<(Nanos, Nanos)> {
    let start = hook.start.filter(|_| !matches!(hook.outcome, Outcome::Skipped(_)))?;
    Some((nanos(start), nanos(start + hook.duration)))
}

fn time(report: &Report, phase: Phase) -> Option<(Nanos, Nanos)> {
    let hooks = report.hooks.iter().filter(|hook| hook.phase == phase).filter_map(span);
    let more = match phase {
        Phase::Announce => report.draining.map(|end| (0, nanos(end))),
        Phase::Drain => report.draining.map(|start| (nanos(start), nanos(drained(report)))),
        _ => None,
    };
    hooks.chain(more).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}

/// Until when work in flight was waited for: it was all done, or the next phase began, or the end came.
pub(super) fn drained(report: &Report) -> Duration {
    let (start, seen) = (report.draining.unwrap_or_default(), report.in_flight_seen.last());
    if let Some(seen) = seen.filter(|seen| seen.count == 0) {
        return seen.at;
    }
    if seen.is_none() {
        return start;
    }
    let later = report.hooks.iter().filter(|hook| hook.phase > Phase::Drain).filter_map(|hook| hook.start);
    later.min().unwrap_or(report.duration)
}

/// The axis ends with the shutdown; with the deadline, where that is near and nothing has to be folded for it.
fn scale(report: &Report, plot: Extent) -> Scale {
    let (duration, deadline) = (nanos(report.duration).max(1_000), nanos(report.deadline));
    let spans: Vec<_> = report.hooks.iter().filter_map(span).collect();
    let drain = [report.draining.unwrap_or_default(), drained(report)];
    let moments: Vec<Nanos> =
        drain.into_iter().chain(report.noted.iter().map(|noted| noted.at)).map(nanos).chain([duration]).collect();
    let scale = Scale::choose(duration, &spans, &moments, plot);
    if scale.is_linear() && (duration..=duration + duration / 3).contains(&deadline) {
        let longer = Scale::choose(deadline, &spans, &moments, plot);
        return if longer.is_linear() { longer } else { scale };
    }
    scale
}
