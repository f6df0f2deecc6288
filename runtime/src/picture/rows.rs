//! A band of the layout in, its rows out: name, bar, outcome and remark of each.

use std::time::Duration;

use super::escape::{cells, head};
use super::layout::{Band, Layout, MARGIN, REMARK_CELL, Row, WIDTH, What, drained, span};
use super::look::Look;
use super::pen::{Anchor, Pen, Px};
use super::scale::{Extent, nanos};
use crate::length::Length;
use crate::report::{HookReport, Outcome};

/// What ran is seen: at least so many pixels.
const NARROWEST: f64 = 3.0;
/// Patterns need this much to be seen.
const TEXTURED: f64 = 7.0;

pub(super) fn draw(pen: &mut Pen, layout: &Layout<'_>, band: &Band<'_>) {
    for row in &band.rows {
        match row.what {
            What::Hook(hook) => {
                let class = format!("hook {}", Look::of(&hook.outcome).class());
                pen.group(&class, &told(hook), |pen| draw_hook(pen, layout, row, hook));
            }
            What::Serving(delay) => pen.group("serving-row", "", |pen| serving(pen, layout, row, delay)),
            What::InFlight(most) => pen.group("in-flight", "", |pen| in_flight(pen, layout, row, most)),
            What::CutOff(work) => {
                let told = format!("not waited for any longer: {work}");
                pen.group("cut-off", &told, |pen| cut_off(pen, layout, row, &work.to_string()));
            }
        }
    }
}

/// All there is to say about a hook.
fn told(hook: &HookReport) -> String {
    let HookReport { file, line, phase, priority, .. } = hook;
    let timeout = Length(hook.timeout);
    let ran = match hook.start.filter(|_| span(hook).is_some()) {
        Some(start) => format!("started at +{}, took {}", Length(start), Length(hook.duration)),
        None => "never ran".to_owned(),
    };
    let doing = hook.doing.as_ref().map(|doing| format!("\n{doing}")).unwrap_or_default();
    let outcome = hook.outcome.to_string().chars().take(600).collect::<String>();
    let name = hook.full_name();
    format!("{name} ({file}:{line})\n{phase}, priority {priority}, timeout {timeout}\n{ran}\n{outcome}{doing}")
}

/// Name and the columns right of the plot.
fn frame(pen: &mut Pen, layout: &Layout<'_>, row: &Row<'_>, took: Option<Duration>, words: &str) -> f64 {
    let base = row.top + row.height / 2.0 + 4.0;
    pen.rect("hover", (MARGIN, row.top), (WIDTH - 2.0 * MARGIN, row.height));
    pen.text("name", (layout.columns.name, base), Anchor::Start, &row.name);
    if let Some(took) = took {
        pen.text("took", (layout.columns.took, base), Anchor::End, &Length(took).to_string());
    }
    pen.text("words", (layout.columns.words, base), Anchor::Start, words);
    base
}

fn draw_hook(pen: &mut Pen, layout: &Layout<'_>, row: &Row<'_>, hook: &HookReport) {
    let look = Look::of(&hook.outcome);
    let base = frame(pen, layout, row, span(hook).map(|_| hook.duration), look.words());
    if let Some(right) = layout.columns.priority {
        pen.text("priority", (right, base), Anchor::End, &hook.priority.to_string());
    }
    pen.sign(&format!("sign {}", look.class()), (layout.columns.sign, base - 4.0), look.sign());
    bar(pen, layout, row, hook);
}

/// Above folds and marks, which have no words of their own to hide.
pub(super) fn remarks(pen: &mut Pen, layout: &Layout<'_>, band: &Band<'_>) {
    let plot = layout.columns.plot;
    for row in &band.rows {
        let (What::Hook(hook), Some(text)) = (row.what, &row.remark) else { continue };
        let base = row.top + row.height / 2.0 + 4.0;
        let (room, y) = match span(hook) {
            Some((start, _)) => {
                let left = layout.scale.place(start);
                (Extent { left, right: WIDTH - MARGIN }, row.top + row.height + 9.0)
            }
            // In the line of the bar, the outcome stands right of it.
            None => (Extent { left: plot.left + 6.0, right: plot.right }, base),
        };
        pen.group(Look::of(&hook.outcome).class(), &told(hook), |pen| remark(pen, layout, room, y, text));
    }
}

/// What the hook took, and behind it what it declared.
fn bar(pen: &mut Pen, layout: &Layout<'_>, row: &Row<'_>, hook: &HookReport) {
    let plot = layout.columns.plot;
    let Some((start, end)) = span(hook) else { return };
    let until = start.saturating_add(nanos(hook.timeout));
    let allowed = layout.scale.place(until);
    let left = layout.scale.place(start).min(plot.right - NARROWEST);
    let width = (layout.scale.place(end) - left).max(NARROWEST);
    let (top, height) = (row.top + 3.0, row.height - 6.0);
    let middle = row.top + row.height / 2.0;
    let class = Look::of(&hook.outcome).class();
    // In a wall of rows, one that never ends says nothing.
    let is_told = !layout.dense || until < layout.scale.end();
    if is_told && allowed > left + 1.0 {
        pen.rect("ghost", (left, top), (allowed - left, height));
    }
    if hook.outcome == (Outcome::TimedOut { abandoned: true }) {
        let over = layout.scale.place(nanos(layout.report.duration));
        pen.line("left-behind", (left + width, middle), (over.max(left + width), middle));
    }
    pen.rect(&format!("bar {class}"), (left, top), (width, height));
    if width >= TEXTURED && hook.outcome != Outcome::Completed {
        pen.rect(&format!("texture {class}"), (left, top), (width, height));
    }
}

/// In one line, from its bar on; further left where it needs the room.
fn remark(pen: &mut Pen, layout: &Layout<'_>, room: Extent, y: f64, text: &str) {
    let left = layout.columns.plot.left;
    let line = head(text, ((room.right - left) / REMARK_CELL) as usize);
    let x = room.left.min(room.right - cells(&line) as f64 * REMARK_CELL).max(left);
    pen.text("remark", (x, y), Anchor::Start, &line);
}

fn serving(pen: &mut Pen, layout: &Layout<'_>, row: &Row<'_>, delay: Duration) {
    frame(pen, layout, row, Some(delay), "before draining");
    let (left, right) = (layout.scale.place(0), layout.scale.place(nanos(delay)));
    pen.rect("serving", (left, row.top + 6.0), (right - left, row.height - 12.0));
}

/// How many pieces of work were in flight, as steps.
fn in_flight(pen: &mut Pen, layout: &Layout<'_>, row: &Row<'_>, most: usize) {
    let report = layout.report;
    let start = report.draining.unwrap_or_default();
    frame(pen, layout, row, Some(drained(report).saturating_sub(start)), &format!("at most {most}"));
    let (ground, sky) = (row.top + row.height - 4.0, row.top + 5.0);
    let height = |count: usize| ground - (ground - sky) * (count as f64 / most as f64);
    let first = layout.scale.place(nanos(report.in_flight_seen.first().map_or(start, |seen| seen.at)));
    let last = layout.scale.place(nanos(drained(report)));
    let mut path = format!("M{} {}", Px(first), Px(ground));
    for seen in &report.in_flight_seen {
        path += &format!("H{}V{}", Px(layout.scale.place(nanos(seen.at))), Px(height(seen.count)));
    }
    pen.path("work", &format!("{path}H{}V{}Z", Px(last.max(first)), Px(ground)));
    pen.line("work-ground", (layout.columns.plot.left, ground), (layout.columns.plot.right, ground));
}

fn cut_off(pen: &mut Pen, layout: &Layout<'_>, row: &Row<'_>, work: &str) {
    let base = frame(pen, layout, row, None, "not waited for");
    pen.sign("sign cancelled", (layout.columns.sign, base - 4.0), Look::Cancelled.sign());
    let plot = layout.columns.plot;
    remark(pen, layout, Extent { left: plot.left + 6.0, right: plot.right }, base, work);
}
