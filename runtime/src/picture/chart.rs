//! A layout in, bands, axis, folds and marks out: all that is behind and above the rows.

use std::time::Duration;

use super::axis::{Tick, ticks};
use super::layout::{Band, LANE, Layout, MARGIN, WIDTH};
use super::marks::Mark;
use super::pen::{Anchor, Pen, Px};
use super::rows;
use crate::length::Length;

pub(super) fn draw(pen: &mut Pen, layout: &Layout<'_>) {
    for (n, band) in layout.bands.iter().enumerate() {
        behind(pen, layout, band, n % 2 == 0);
    }
    let ticks = ticks(&layout.scale);
    axis(pen, layout, &ticks);
    layout.marks.iter().for_each(|mark| across(pen, layout, mark));
    layout.bands.iter().for_each(|band| rows::draw(pen, layout, band));
    folds(pen, layout);
    layout.bands.iter().for_each(|band| rows::remarks(pen, layout, band));
    labels(pen, layout, &ticks);
    if layout.bands.is_empty() {
        pen.text("remark", (MARGIN, layout.bottom - 2.0), Anchor::Start, "no hooks");
    }
}

/// The band, and in it the time that the phase took.
fn behind(pen: &mut Pen, layout: &Layout<'_>, band: &Band<'_>, even: bool) {
    let height = band.bottom - band.top;
    pen.rect("band", (MARGIN, band.top), (WIDTH - 2.0 * MARGIN, height));
    pen.rect(if even { "band-edge even" } else { "band-edge odd" }, (MARGIN, band.top), (4.0, height));
    pen.text("phase", (MARGIN + 12.0, band.top + 18.0), Anchor::Start, band.phase.name());
    let Some((from, to)) = band.time else { return };
    let (left, right) = (layout.scale.place(from), layout.scale.place(to));
    pen.rect("phase-time", (left, band.top), ((right - left).max(1.0), height));
    if height >= 40.0 {
        let took = Length(Duration::from_nanos(to - from)).to_string();
        pen.text("small", (MARGIN + 12.0, band.top + 33.0), Anchor::Start, &took);
    }
}

fn axis(pen: &mut Pen, layout: &Layout<'_>, ticks: &[Tick]) {
    let (top, bottom, plot) = (layout.top, layout.bottom, layout.columns.plot);
    pen.line("axis", (plot.left, top), (plot.right, top));
    pen.line("axis", (plot.left, bottom), (plot.right, bottom));
    for Tick { place, .. } in ticks {
        pen.line("grid", (*place, top - 4.0), (*place, bottom + 4.0));
    }
}

/// Above all lines.
fn labels(pen: &mut Pen, layout: &Layout<'_>, ticks: &[Tick]) {
    let (top, bottom) = (layout.top, layout.bottom);
    for Tick { place, label, is_base } in ticks {
        let anchor = if *is_base { Anchor::Start } else { Anchor::Middle };
        pen.text("tick", (*place, top - 8.0), anchor, label);
        pen.text("tick", (*place, bottom + 17.0), anchor, label);
    }
}

/// A fold hides what is under it, but for the fact that a bar goes on.
fn folds(pen: &mut Pen, layout: &Layout<'_>) {
    let (top, bottom) = (layout.top, layout.bottom);
    for piece in layout.scale.folds() {
        let (left, right) = (piece.on.left, piece.on.right);
        let length = Length(Duration::from_nanos(piece.to - piece.from));
        pen.group("fold", &format!("{length} are folded here: nothing began or ended"), |pen| {
            pen.rect("folded", (left, top - 4.0), (right - left, bottom - top + 8.0));
            pen.path("tear", &tear(left, top - 4.0, bottom + 4.0));
            pen.path("tear", &tear(right, top - 4.0, bottom + 4.0));
            let middle = (left + right) / 2.0;
            pen.text("fold-text", (middle, top - 8.0), Anchor::Middle, &format!("⋯ {length} ⋯"));
            pen.text("fold-text", (middle, bottom + 17.0), Anchor::Middle, "folded");
        });
    }
}

/// A zigzag from top to bottom.
fn tear(x: f64, top: f64, bottom: f64) -> String {
    let steps = ((bottom - top) / 6.0).ceil() as usize;
    let point = |n: usize| {
        let aside = if n % 2 == 0 { 0.0 } else { 4.0 };
        format!("{} {}", Px(x + aside), Px((top + n as f64 * 6.0).min(bottom)))
    };
    format!("M{}", (0..=steps).map(point).collect::<Vec<_>>().join("L"))
}

fn across(pen: &mut Pen, layout: &Layout<'_>, mark: &Mark) {
    let class = mark.kind.class();
    let axis = layout.top - 22.0;
    pen.group(&format!("mark {class}"), &mark.title, |pen| {
        let Some(lane) = mark.lane else {
            return pen.line(class, (mark.place, axis), (mark.place, layout.bottom + 4.0));
        };
        let base = axis - lane as f64 * LANE;
        pen.line(class, (mark.place, base - 13.0), (mark.place, layout.bottom + 4.0));
        let (x, anchor) = if mark.before { (mark.place - 5.0, Anchor::End) } else { (mark.place + 5.0, Anchor::Start) };
        pen.text(&format!("mark-text {class}-text"), (x, base - 4.0), anchor, &mark.text());
    });
}
