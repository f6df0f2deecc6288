//! A layout in, title and overview out: how it ended, and how much of the budget each phase took, always linear.

use std::time::{Duration, UNIX_EPOCH};

use super::escape::{cells, head};
use super::layout::{Layout, MARGIN, WIDTH};
use super::pen::{Anchor, Pen};
use super::scale::{Nanos, nanos};
use crate::length::Length;
use crate::report::Report;

const STRIP: f64 = 92.0;
const STRIP_HEIGHT: f64 = 16.0;
const CELL: f64 = 6.7;
/// What humantime writes ends with the year 9999.
const LAST_YEARS: Duration = Duration::from_secs(253_402_300_799);

pub(super) fn draw(pen: &mut Pen, layout: &Layout<'_>) {
    let report = layout.report;
    let badge = format!("exit code {}", report.exit_code);
    let width = cells(&badge) as f64 * 8.0 + 22.0;
    pen.rect(&format!("badge {}", gravity(report)), (MARGIN, 24.0), (width, 30.0));
    pen.text("badge-text", (MARGIN + width / 2.0, 44.5), Anchor::Middle, &badge);
    pen.text("title", (MARGIN + width + 14.0, 46.0), Anchor::Start, &head(&report.trigger.to_string(), 76));
    pen.text("subtitle", (MARGIN, 76.0), Anchor::Start, &summary(report));
    if let Some(time) = time(report) {
        pen.text("subtitle", (WIDTH - MARGIN, 76.0), Anchor::End, &time);
    }
    pen.group("overview", "", |pen| overview(pen, layout));
}

/// The headline without the trigger, which is the title.
fn summary(report: &Report) -> String {
    let headline = report.headline();
    headline.strip_prefix(&format!("{}; ", report.trigger)).unwrap_or(&headline).to_owned()
}

/// What color the exit code has: 128 + n and the program's own codes look as grave as a failure.
fn gravity(report: &Report) -> &'static str {
    match report.exit_code {
        0 => "completed",
        124 => "cancelled",
        _ if report.forced.is_some() => "panicked",
        // `conventional`: a clean stop by a signal.
        128.. => "completed",
        _ => "failed",
    }
}

/// The trigger's time by the wall clock.
pub(super) fn time(report: &Report) -> Option<String> {
    let since = report.triggered_at.duration_since(UNIX_EPOCH).ok()?;
    let known = !since.is_zero() && since < LAST_YEARS;
    known.then(|| {
        humantime::format_rfc3339_millis(report.triggered_at).to_string().replace('T', " ").replace('Z', " UTC")
    })
}

fn overview(pen: &mut Pen, layout: &Layout<'_>) {
    let report = layout.report;
    let (duration, deadline) = (nanos(report.duration), nanos(report.deadline));
    let whole = duration.max(deadline).max(1);
    let place = |at: Nanos| MARGIN + (WIDTH - 2.0 * MARGIN) * (at as f64 / whole as f64);
    let (left, end, limit) = (place(0), place(duration), place(deadline));
    pen.rect("unused", (left, STRIP), (place(whole) - left, STRIP_HEIGHT));
    pen.rect("used", (left, STRIP), ((end - left).max(2.0), STRIP_HEIGHT));
    for (n, band) in layout.bands.iter().enumerate() {
        let Some((from, to)) = band.time else { continue };
        let (from, to) = (place(from), place(to.min(whole)));
        let shade = if n % 2 == 0 { "segment even" } else { "segment odd" };
        let took = Length(Duration::from_nanos(band.time.map_or(0, |(from, to)| to - from)));
        pen.group("", &format!("{}: {took}", band.phase), |pen| {
            pen.rect(shade, (from, STRIP), ((to - from).max(1.0), STRIP_HEIGHT));
            if to - from > cells(band.phase.name()) as f64 * CELL + 8.0 {
                pen.text("segment-text", ((from + to) / 2.0, STRIP + 12.0), Anchor::Middle, band.phase.name());
            }
        });
    }
    pen.line("deadline", (limit, STRIP - 4.0), (limit, STRIP + STRIP_HEIGHT + 4.0));
    label(pen, report, end, limit);
}

/// Below the strip: when it ended, and when it would have had to.
fn label(pen: &mut Pen, report: &Report, end: f64, limit: f64) {
    let y = STRIP + STRIP_HEIGHT + 16.0;
    let deadline = format!("deadline {}", Length(report.deadline));
    let ended = format!("ended after {}", Length(report.duration));
    let room = cells(&ended) as f64 * CELL;
    let free = limit - cells(&deadline) as f64 * CELL - 12.0;
    pen.text("small deadline-text", (limit, y), Anchor::End, &deadline);
    if end + room <= free {
        pen.text("small", (end, y), Anchor::Start, &ended);
    } else {
        pen.text("small", (end.min(free), y), Anchor::End, &ended);
    }
}
