//! Draws the title and the overview: how the shutdown ended, and how much of its time each phase took.

use std::time::Duration;

use super::layout::{Layout, MARGIN, WIDTH};
use super::shapes::TextAnchor;
use super::text_fit::{keep_start, width_in_cells};
use super::time_scale::{Nanos, nanos};
use crate::human_duration::HumanDuration;
use crate::markup::MarkupWriter;
use crate::model::Report;
use crate::wall_clock::utc;

/// The top of the overview.
const STRIP: f64 = 92.0;
const STRIP_HEIGHT: f64 = 16.0;
/// The width of a character of small texts.
const CELL: f64 = 6.7;

pub(super) fn draw(svg: &mut MarkupWriter, layout: &Layout<'_>) {
    let report = layout.report;
    let badge = format!("exit code {}", report.exit_code);
    let width = width_in_cells(&badge) as f64 * 8.0 + 22.0;
    svg.rect(&format!("badge {}", exit_code_class(report)), (MARGIN, 24.0), (width, 30.0));
    svg.text("badge-text", (MARGIN + width / 2.0, 44.5), TextAnchor::Middle, &badge);
    svg.text("title", (MARGIN + width + 14.0, 46.0), TextAnchor::Start, &keep_start(&report.trigger.to_string(), 76));
    svg.text("subtitle", (MARGIN, 76.0), TextAnchor::Start, &report.result());
    if let Some(time) = format_wall_clock(report) {
        svg.text("subtitle", (WIDTH - MARGIN, 76.0), TextAnchor::End, &time);
    }
    svg.group("overview", "", |svg| draw_overview(svg, layout));
}

/// Returns the class that colors the exit code.
fn exit_code_class(report: &Report) -> &'static str {
    match report.exit_code {
        0 => "completed",
        124 => "cancelled",
        _ if report.forced.is_some() => "panicked",
        // A clean stop by a signal, if the program asked for 128 + n.
        128.. => "completed",
        _ => "failed",
    }
}

/// Returns the trigger's time by the wall clock, if the report has a time that can be formatted.
pub(crate) fn format_wall_clock(report: &Report) -> Option<String> {
    report.triggered_at.and_then(utc).map(|time| time.to_string().replace('T', " ").replace('Z', " UTC"))
}

/// Draws all of the time until the deadline as one strip. The strip is always linear.
fn draw_overview(svg: &mut MarkupWriter, layout: &Layout<'_>) {
    let report = layout.report;
    let (duration, deadline) = (nanos(report.duration), nanos(report.budget));
    let whole = duration.max(deadline).max(1);
    let position = |at: Nanos| MARGIN + (WIDTH - 2.0 * MARGIN) * (at.min(whole) as f64 / whole as f64);
    let (start, end, limit) = (position(0), position(duration), position(deadline));
    svg.rect("unused", (start, STRIP), (position(whole) - start, STRIP_HEIGHT));
    svg.rect("used", (start, STRIP), ((end - start).max(2.0), STRIP_HEIGHT));
    for (index, band) in layout.bands.iter().enumerate() {
        let Some((from, to)) = band.time else { continue };
        let took = HumanDuration(Duration::from_nanos(to.saturating_sub(from)));
        let (left, width) = (position(from), position(to) - position(from));
        let class = if index % 2 == 0 { "segment even" } else { "segment odd" };
        svg.group("", &format!("{}: {took}", band.phase), |svg| {
            svg.rect(class, (left, STRIP), (width.max(1.0), STRIP_HEIGHT));
            if width > width_in_cells(band.phase) as f64 * CELL + 8.0 {
                svg.text("segment-text", (left + width / 2.0, STRIP + 12.0), TextAnchor::Middle, band.phase);
            }
        });
    }
    svg.line("deadline", (limit, STRIP - 4.0), (limit, STRIP + STRIP_HEIGHT + 4.0));
    draw_overview_labels(svg, report, end, limit);
}

/// Writes below the strip when the shutdown ended and when the deadline was.
fn draw_overview_labels(svg: &mut MarkupWriter, report: &Report, end: f64, limit: f64) {
    let y = STRIP + STRIP_HEIGHT + 16.0;
    let deadline = format!("deadline {}", HumanDuration(report.budget));
    let ended = format!("ended after {}", HumanDuration(report.duration));
    let width = |text: &str| width_in_cells(text) as f64 * CELL;
    // At a deadline near the start, the label has no room at the left of its line.
    let deadline_end = limit.max(MARGIN + width(&deadline));
    let free = deadline_end - width(&deadline) - 12.0;
    svg.text("small deadline-text", (deadline_end, y), TextAnchor::End, &deadline);
    if end + width(&ended) <= free {
        svg.text("small", (end, y), TextAnchor::Start, &ended);
    } else if free - width(&ended) >= MARGIN {
        svg.text("small", (end.min(free), y), TextAnchor::End, &ended);
    } else {
        svg.text("small", (deadline_end + 12.0, y), TextAnchor::Start, &ended);
    }
}
