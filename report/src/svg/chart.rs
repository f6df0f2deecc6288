//! Draws what is behind and above the rows: bands, axis, folds and markers.

use std::time::Duration;

use super::layout::{Band, LANE_HEIGHT, Layout, MARGIN, MAX_PHASE, WIDTH};
use super::markers::Marker;
use super::rows;
use super::shapes::{Pixels, TextAnchor};
use super::text_fit::keep_start;
use super::ticks::{Tick, ticks};
use crate::human_duration::HumanDuration;
use crate::markup::MarkupWriter;

pub(super) fn draw(svg: &mut MarkupWriter, layout: &Layout<'_>) {
    for (n, band) in layout.bands.iter().enumerate() {
        draw_band(svg, layout, band, n % 2 == 0);
    }
    let ticks = ticks(&layout.scale);
    draw_axis(svg, layout, &ticks);
    layout.markers.iter().for_each(|marker| draw_marker(svg, layout, marker));
    layout.bands.iter().for_each(|band| rows::draw(svg, layout, band));
    draw_folds(svg, layout);
    layout.bands.iter().for_each(|band| rows::draw_remarks(svg, layout, band));
    draw_tick_labels(svg, layout, &ticks);
    if layout.bands.is_empty() {
        svg.text("remark", (MARGIN, layout.bottom - 2.0), TextAnchor::Start, "no hooks");
    }
}

/// Draws the band, and in it the time that the phase took.
fn draw_band(svg: &mut MarkupWriter, layout: &Layout<'_>, band: &Band<'_>, is_even: bool) {
    let height = band.bottom - band.top;
    svg.rect("band", (MARGIN, band.top), (WIDTH - 2.0 * MARGIN, height));
    svg.rect(if is_even { "band-edge even" } else { "band-edge odd" }, (MARGIN, band.top), (4.0, height));
    svg.text("phase", (MARGIN + 12.0, band.top + 18.0), TextAnchor::Start, &keep_start(band.phase, MAX_PHASE));
    let Some((from, to)) = band.time else { return };
    let (left, right) = (layout.scale.position(from), layout.scale.position(to));
    svg.rect("phase-time", (left, band.top), ((right - left).max(1.0), height));
    if height >= 40.0 {
        let took = HumanDuration(Duration::from_nanos(to.saturating_sub(from))).to_string();
        svg.text("small", (MARGIN + 12.0, band.top + 33.0), TextAnchor::Start, &took);
    }
}

fn draw_axis(svg: &mut MarkupWriter, layout: &Layout<'_>, ticks: &[Tick]) {
    let (top, bottom, plot) = (layout.top, layout.bottom, layout.columns.plot);
    svg.line("axis", (plot.left, top), (plot.right, top));
    svg.line("axis", (plot.left, bottom), (plot.right, bottom));
    for Tick { x, .. } in ticks {
        svg.line("grid", (*x, top - 4.0), (*x, bottom + 4.0));
    }
}

/// Draws the labels of the ticks, above all lines.
fn draw_tick_labels(svg: &mut MarkupWriter, layout: &Layout<'_>, ticks: &[Tick]) {
    let (top, bottom) = (layout.top, layout.bottom);
    for Tick { x, label, is_base } in ticks {
        let anchor = if *is_base { TextAnchor::Start } else { TextAnchor::Middle };
        svg.text("tick", (*x, top - 8.0), anchor, label);
        svg.text("tick", (*x, bottom + 17.0), anchor, label);
    }
}

/// Draws the folds. A fold hides what is under it, except that a bar goes on.
fn draw_folds(svg: &mut MarkupWriter, layout: &Layout<'_>) {
    let (top, bottom) = (layout.top, layout.bottom);
    for segment in layout.scale.folds() {
        let (left, right) = (segment.pixels.left, segment.pixels.right);
        let length = HumanDuration(Duration::from_nanos(segment.to.saturating_sub(segment.from)));
        svg.group("fold", &format!("{length} are folded here: nothing began or ended"), |svg| {
            svg.rect("folded", (left, top - 4.0), (right - left, bottom - top + 8.0));
            svg.path("tear", &tear(left, top - 4.0, bottom + 4.0));
            svg.path("tear", &tear(right, top - 4.0, bottom + 4.0));
            let middle = (left + right) / 2.0;
            svg.text("fold-text", (middle, top - 8.0), TextAnchor::Middle, &format!("⋯ {length} ⋯"));
            svg.text("fold-text", (middle, bottom + 17.0), TextAnchor::Middle, "folded");
        });
    }
}

/// Returns a zigzag from top to bottom.
fn tear(x: f64, top: f64, bottom: f64) -> String {
    let steps = ((bottom - top) / 6.0).ceil() as usize;
    let point = |n: usize| {
        let offset = if n % 2 == 0 { 0.0 } else { 4.0 };
        format!("{} {}", Pixels(x + offset), Pixels((top + n as f64 * 6.0).min(bottom)))
    };
    format!("M{}", (0..=steps).map(point).collect::<Vec<_>>().join("L"))
}

fn draw_marker(svg: &mut MarkupWriter, layout: &Layout<'_>, marker: &Marker) {
    let class = marker.kind.css_class();
    let axis = layout.top - 22.0;
    svg.group(&format!("marker {class}"), &marker.tooltip, |svg| {
        let Some(lane) = marker.lane else {
            return svg.line(class, (marker.x, axis), (marker.x, layout.bottom + 4.0));
        };
        let base = axis - lane as f64 * LANE_HEIGHT;
        svg.line(class, (marker.x, base - 13.0), (marker.x, layout.bottom + 4.0));
        let (x, anchor) =
            if marker.is_label_left { (marker.x - 5.0, TextAnchor::End) } else { (marker.x + 5.0, TextAnchor::Start) };
        svg.text(&format!("marker-text {class}-text"), (x, base - 4.0), anchor, &marker.text());
    });
}
