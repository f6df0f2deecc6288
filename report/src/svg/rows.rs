//! Draws the rows of a band: name, bar, outcome and remark.

use std::time::Duration;

use super::layout::{Band, Layout, MARGIN, REMARK_CELL, Row, RowContent, WIDTH, drain_end, span};
use super::outcome_style::OutcomeStyle;
use super::shapes::{Pixels, TextAnchor};
use super::text_fit::{keep_start, width_in_cells};
use super::time_scale::{PixelRange, nanos};
use crate::human_duration::HumanDuration;
use crate::markup::MarkupWriter;
use crate::model::{Hook, Outcome};

/// The least width of a bar in pixels: what ran is visible.
const MIN_BAR: f64 = 3.0;
/// The width in pixels from which on a pattern can be recognized.
const MIN_PATTERN: f64 = 7.0;

pub(super) fn draw(svg: &mut MarkupWriter, layout: &Layout<'_>, band: &Band<'_>) {
    for row in &band.rows {
        match row.content {
            RowContent::Hook(hook) => {
                let class = format!("hook {}", OutcomeStyle::of(&hook.outcome).css_class());
                svg.group(&class, &tooltip(hook), |svg| draw_hook(svg, layout, row, hook));
            }
            RowContent::StillServing(delay) => {
                svg.group("serving-row", "", |svg| draw_still_serving(svg, layout, row, delay))
            }
            RowContent::InFlight(most) => svg.group("in-flight", "", |svg| draw_in_flight(svg, layout, row, most)),
            RowContent::Unfinished(work) => {
                let tooltip = format!("still in flight when the runtime stopped waiting: {work}");
                svg.group("unfinished", &tooltip, |svg| draw_unfinished(svg, layout, row, &work.to_string()));
            }
        }
    }
}

/// Returns all details of a hook.
fn tooltip(hook: &Hook) -> String {
    let Hook { file, line, phase, priority, .. } = hook;
    let timeout = HumanDuration(hook.timeout);
    let ran = match hook.run_time() {
        Some((start, _)) => format!("started at +{}, took {}", HumanDuration(start), HumanDuration(hook.duration)),
        None => "never ran".to_owned(),
    };
    let details: String =
        hook.activity.clone().into_iter().chain(hook.left_tasks_text()).map(|line| format!("\n{line}")).collect();
    let outcome = hook.outcome.to_string().chars().take(600).collect::<String>();
    let name = hook.full_name();
    format!("{name} ({file}:{line})\n{phase}, priority {priority}, timeout {timeout}\n{ran}\n{outcome}{details}")
}

/// Draws the name and the columns at the right, and returns the baseline of the row.
fn draw_texts(
    svg: &mut MarkupWriter,
    layout: &Layout<'_>,
    row: &Row<'_>,
    duration: Option<Duration>,
    outcome: &str,
) -> f64 {
    let base = row.top + row.height / 2.0 + 4.0;
    svg.rect("hover", (MARGIN, row.top), (WIDTH - 2.0 * MARGIN, row.height));
    svg.text("name", (layout.columns.name, base), TextAnchor::Start, &row.name);
    if let Some(duration) = duration {
        svg.text("duration", (layout.columns.duration, base), TextAnchor::End, &HumanDuration(duration).to_string());
    }
    svg.text("outcome", (layout.columns.outcome, base), TextAnchor::Start, outcome);
    base
}

fn draw_hook(svg: &mut MarkupWriter, layout: &Layout<'_>, row: &Row<'_>, hook: &Hook) {
    let style = OutcomeStyle::of(&hook.outcome);
    let base = draw_texts(svg, layout, row, span(hook).map(|_| hook.duration), style.label());
    if let Some(right) = layout.columns.priority {
        svg.text("priority", (right, base), TextAnchor::End, &hook.priority.to_string());
    }
    svg.icon(&format!("icon {}", style.css_class()), (layout.columns.icon, base - 4.0), style.icon());
    draw_bar(svg, layout, row, hook);
}

/// Draws the remarks, above folds and markers, so that these hide no text.
pub(super) fn draw_remarks(svg: &mut MarkupWriter, layout: &Layout<'_>, band: &Band<'_>) {
    let plot = layout.columns.plot;
    for row in &band.rows {
        let (RowContent::Hook(hook), Some(text)) = (row.content, &row.remark) else { continue };
        let base = row.top + row.height / 2.0 + 4.0;
        let (range, y) = match span(hook) {
            Some((start, _)) => {
                let left = layout.scale.position(start);
                (PixelRange { left, right: WIDTH - MARGIN }, row.top + row.height + 9.0)
            }
            // The remark replaces the bar, and the outcome is right of it.
            None => (PixelRange { left: plot.left + 6.0, right: plot.right }, base),
        };
        svg.group(OutcomeStyle::of(&hook.outcome).css_class(), &tooltip(hook), |svg| {
            draw_remark(svg, layout, range, y, text)
        });
    }
}

/// Draws the bar, and behind it the declared timeout.
fn draw_bar(svg: &mut MarkupWriter, layout: &Layout<'_>, row: &Row<'_>, hook: &Hook) {
    let plot = layout.columns.plot;
    let Some((start, end)) = span(hook) else { return };
    let timeout = start.saturating_add(nanos(hook.timeout));
    let timeout_x = layout.scale.position(timeout);
    let left = layout.scale.position(start).min(plot.right - MIN_BAR);
    let width = (layout.scale.position(end) - left).max(MIN_BAR);
    let (top, height) = (row.top + 3.0, row.height - 6.0);
    let middle = row.top + row.height / 2.0;
    let class = OutcomeStyle::of(&hook.outcome).css_class();
    // With many rows, boxes that all reach the end of the axis would only hide the grid.
    let is_shown = !layout.is_dense || timeout < layout.scale.end();
    if is_shown && timeout_x > left + 1.0 {
        svg.rect("timeout-box", (left, top), (timeout_x - left, height));
    }
    if hook.outcome == (Outcome::TimedOut { abandoned: true }) {
        let over = layout.scale.position(nanos(layout.report.duration));
        svg.line("abandoned-thread", (left + width, middle), (over.max(left + width), middle));
    }
    svg.rect(&format!("bar {class}"), (left, top), (width, height));
    if width >= MIN_PATTERN && hook.outcome != Outcome::Completed {
        svg.rect(&format!("texture {class}"), (left, top), (width, height));
    }
}

/// Draws a remark in one line that begins at its bar, or further left if it is long.
fn draw_remark(svg: &mut MarkupWriter, layout: &Layout<'_>, range: PixelRange, y: f64, text: &str) {
    let left = layout.columns.plot.left;
    let line = keep_start(text, ((range.right - left) / REMARK_CELL) as usize);
    let x = range.left.min(range.right - width_in_cells(&line) as f64 * REMARK_CELL).max(left);
    svg.text("remark", (x, y), TextAnchor::Start, &line);
}

fn draw_still_serving(svg: &mut MarkupWriter, layout: &Layout<'_>, row: &Row<'_>, delay: Duration) {
    draw_texts(svg, layout, row, Some(delay), "before draining");
    let (left, right) = (layout.scale.position(0), layout.scale.position(nanos(delay)));
    svg.rect("serving", (left, row.top + 6.0), (right - left, row.height - 12.0));
}

/// Draws the number of pieces of work in flight as steps.
fn draw_in_flight(svg: &mut MarkupWriter, layout: &Layout<'_>, row: &Row<'_>, most: usize) {
    let report = layout.report;
    let start = report.draining.unwrap_or_default();
    draw_texts(svg, layout, row, Some(drain_end(report).saturating_sub(start)), &format!("at most {most}"));
    let (bottom, top) = (row.top + row.height - 4.0, row.top + 5.0);
    let height = |count: usize| bottom - (bottom - top) * (count as f64 / most as f64);
    let first = layout.scale.position(nanos(report.in_flight_samples.first().map_or(start, |sample| sample.at)));
    let last = layout.scale.position(nanos(drain_end(report)));
    let mut path = format!("M{} {}", Pixels(first), Pixels(bottom));
    for sample in &report.in_flight_samples {
        path += &format!("H{}V{}", Pixels(layout.scale.position(nanos(sample.at))), Pixels(height(sample.count)));
    }
    svg.path("work", &format!("{path}H{}V{}Z", Pixels(last.max(first)), Pixels(bottom)));
    svg.line("work-ground", (layout.columns.plot.left, bottom), (layout.columns.plot.right, bottom));
}

fn draw_unfinished(svg: &mut MarkupWriter, layout: &Layout<'_>, row: &Row<'_>, work: &str) {
    let base = draw_texts(svg, layout, row, None, "not waited for");
    svg.icon("icon cancelled", (layout.columns.icon, base - 4.0), OutcomeStyle::Cancelled.icon());
    let plot = layout.columns.plot;
    draw_remark(svg, layout, PixelRange { left: plot.left + 6.0, right: plot.right }, base, work);
}
