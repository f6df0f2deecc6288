//! A layout in, what its signs mean out: only what is in this picture.

use super::escape::cells;
use super::layout::{Layout, MARGIN, What};
use super::look::Look;
use super::pen::{Anchor, Pen};
use crate::report::Outcome;

const SAMPLE: f64 = 24.0;
const CELL: f64 = 6.4;

pub(super) fn draw(pen: &mut Pen, layout: &Layout<'_>) {
    let hooks = &layout.report.hooks;
    let y = layout.height() - 26.0;
    let mut x = MARGIN;
    let mut entry = |pen: &mut Pen, class: &str, texture: Option<&str>, words: &str| {
        let (place, size) = ((x, y - 9.0), (SAMPLE, 11.0));
        pen.rect(class, place, size);
        texture.into_iter().for_each(|texture| pen.rect(texture, place, size));
        pen.text("small", (x + SAMPLE + 6.0, y), Anchor::Start, words);
        x += SAMPLE + 24.0 + cells(words) as f64 * CELL;
    };
    let is_there = |look: &Look| *look != Look::Skipped && hooks.iter().any(|hook| Look::of(&hook.outcome) == *look);
    for look in Look::ALL.into_iter().filter(is_there) {
        let texture = (look != Look::Completed).then(|| format!("texture {}", look.class()));
        entry(pen, &format!("bar {}", look.class()), texture.as_deref(), look.words());
    }
    if hooks.iter().any(|hook| hook.start.is_some()) {
        entry(pen, "ghost", None, "declared timeout");
    }
    let whats = || layout.bands.iter().flat_map(|band| &band.rows).map(|row| row.what);
    if whats().any(|what| matches!(what, What::Serving(_))) {
        entry(pen, "serving", None, "still serving");
    }
    if whats().any(|what| matches!(what, What::InFlight(_))) {
        entry(pen, "work", None, "work in flight");
    }
    if hooks.iter().any(|hook| hook.outcome == Outcome::TimedOut { abandoned: true }) {
        pen.line("left-behind", (x, y - 4.0), (x + SAMPLE, y - 4.0));
        pen.text("small", (x + SAMPLE + 6.0, y), Anchor::Start, "its thread was left behind");
    }
}
