//! Draws the figures: how long each contestant takes to the first hook, and how far each goal is met.

use std::fmt::Write as _;

use crate::figures::Figures;
use crate::figures::latency::Everybody;
use crate::row::{Row, Verdict};
use crate::samples::{Samples, short};

const WIDTH: f64 = 1000.0;
/// Where the names end and the scale begins.
const LEFT: f64 = 420.0;
const LINE: f64 = 20.0;

/// A logarithmic scale over the whole width that is left.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    fn x(&self, value: f64) -> f64 {
        let part = (value / self.from).ln() / (self.to / self.from).ln();
        LEFT + part.clamp(0.0, 1.0) * (WIDTH - LEFT - 70.0)
    }
}

fn text(out: &mut String, (x, y): (f64, f64), class: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, r#"<text x="{x:.1}" y="{y:.1}" class="{class}">{words}</text>"#);
}

fn line(out: &mut String, (x1, x2): (f64, f64), (y1, y2): (f64, f64), class: &str) {
    let _ = writeln!(out, r#"<line x1="{x1:.1}" x2="{x2:.1}" y1="{y1:.1}" y2="{y2:.1}" class="{class}"/>"#);
}

/// From the 10th to the 99th percentile, with a dot at the median.
fn span(out: &mut String, scale: &Scale, samples: &Samples, y: f64, class: &str) {
    let [low, median, high] = [10, 50, 99].map(|percent| scale.x(samples.percentile(percent)));
    line(out, (low, high), (y, y), class);
    let _ = writeln!(out, r#"<circle cx="{median:.1}" cy="{y:.1}" r="3.5" class="{class}"/>"#);
}

fn axis(out: &mut String, scale: &Scale, ticks: &[(f64, &str)], (top, bottom): (f64, f64)) {
    for (value, name) in ticks {
        let x = scale.x(*value);
        line(out, (x, x), (top, bottom), "grid");
        text(out, (x, bottom + 14.0), "tick", name);
    }
}

fn latencies(out: &mut String, everybody: &[Everybody], top: f64) -> f64 {
    text(
        out,
        (10.0, top),
        "title",
        "signal → first hook: median, 10th to 99th percentile; blue idle, orange under load",
    );
    let scale = Scale { from: 10.0, to: 100_000.0 };
    let bottom = top + 12.0 + LINE * everybody.len() as f64;
    let ticks = [(10.0, "10 µs"), (100.0, "100 µs"), (1e3, "1 ms"), (1e4, "10 ms"), (1e5, "100 ms")];
    axis(out, &scale, &ticks, (top + 8.0, bottom));
    for (place, program) in everybody.iter().enumerate() {
        let y = top + 22.0 + LINE * place as f64;
        text(out, (LEFT - 12.0, y + 4.0), "name", program.title);
        span(out, &scale, &program.idle, y - 3.0, "idle");
        span(out, &scale, &program.loaded, y + 4.0, "loaded");
    }
    bottom + 50.0
}

fn goals(out: &mut String, rows: &[Row], top: f64) -> f64 {
    text(out, (10.0, top), "title", "each figure over its goal: left of the line is met");
    let with_goal: Vec<(&Row, f64)> =
        rows.iter().filter_map(|row| row.goal.filter(|goal| *goal > 0.0).map(|goal| (row, row.value / goal))).collect();
    let scale = Scale { from: 0.05, to: 20.0 };
    let bottom = top + 12.0 + LINE * with_goal.len() as f64;
    axis(out, &scale, &[(0.1, "0.1"), (1.0, "the goal"), (10.0, "10")], (top + 8.0, bottom));
    for (place, (row, part)) in with_goal.into_iter().enumerate() {
        let y = top + 22.0 + LINE * place as f64;
        let class = if row.verdict() == Verdict::Met { "met" } else { "missed" };
        text(out, (LEFT - 12.0, y + 4.0), "name", row.figure());
        line(out, (scale.x(0.05), scale.x(part)), (y, y), class);
        text(out, (scale.x(part) + 6.0, y + 4.0), "value", &short(part));
    }
    bottom + 40.0
}

pub fn draw(machine: &str, Figures { rows, everybody }: &Figures) -> String {
    let mut body = String::new();
    let top = latencies(&mut body, everybody, 30.0);
    let height = goals(&mut body, rows, top);
    text(&mut body, (10.0, height - 8.0), "tick-left", machine);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">
<style>
rect {{ fill: white }} .title {{ font-weight: bold }} .name {{ text-anchor: end }} .value, .tick, .tick-left {{ fill: #555 }}
.tick {{ text-anchor: middle; font-size: 10px }} .tick-left {{ font-size: 10px }} .grid {{ stroke: #ddd }}
.idle {{ stroke: #1f77b4; fill: #1f77b4; stroke-width: 2 }} .loaded {{ stroke: #ff7f0e; fill: #ff7f0e; stroke-width: 2 }}
.met {{ stroke: #2ca02c; stroke-width: 8 }} .missed {{ stroke: #d62728; stroke-width: 8 }}
</style>
<rect width="{WIDTH}" height="{height}"/>
{body}</svg>
"#
    )
}
