//! A layout in, what its signs mean out: only what is in this picture.

use super::escape::cells;
use super::layout::{Layout, MARGIN, WIDTH, What, span};
use super::look::Look;
use super::pen::{Anchor, Pen};

const SAMPLE: f64 = 24.0;
const CELL: f64 = 6.3;
const LINE: f64 = 20.0;

/// A sample and what it means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Outcome(Look),
    Timeout,
    Serving,
    InFlight,
    LeftBehind,
}

impl Sign {
    fn words(self) -> &'static str {
        match self {
            Self::Outcome(look) => look.words(),
            Self::Timeout => "declared timeout",
            Self::Serving => "still serving",
            Self::InFlight => "work in flight",
            Self::LeftBehind => "its thread was left behind",
        }
    }

    fn draw(self, pen: &mut Pen, (x, y): (f64, f64)) {
        let (place, size) = ((x, y - 9.0), (SAMPLE, 11.0));
        match self {
            Self::Outcome(look) => {
                pen.rect(&format!("bar {}", look.class()), place, size);
                if look != Look::Completed {
                    pen.rect(&format!("texture {}", look.class()), place, size);
                }
            }
            Self::Timeout => pen.rect("ghost", place, size),
            Self::Serving => pen.rect("serving", place, size),
            Self::InFlight => pen.rect("work", place, size),
            Self::LeftBehind => pen.line("left-behind", (x, y - 4.0), (x + SAMPLE, y - 4.0)),
        }
        pen.text("small", (x + SAMPLE + 6.0, y), Anchor::Start, self.words());
    }
}

pub(super) fn draw(pen: &mut Pen, layout: &Layout<'_>) {
    for (sign, x, line) in placed(layout) {
        sign.draw(pen, (x, layout.legend() + line as f64 * LINE));
    }
}

/// How much room it takes.
pub(super) fn height(layout: &Layout<'_>) -> f64 {
    let lines = placed(layout).last().map_or(0, |(_, _, line)| line + 1);
    lines as f64 * LINE
}

/// One after the other, in as many lines as they need.
fn placed(layout: &Layout<'_>) -> Vec<(Sign, f64, usize)> {
    let (mut x, mut line) = (MARGIN, 0);
    let mut placed = Vec::new();
    for sign in signs(layout) {
        let width = SAMPLE + 6.0 + cells(sign.words()) as f64 * CELL;
        if x + width > WIDTH - MARGIN {
            (x, line) = (MARGIN, line + 1);
        }
        placed.push((sign, x, line));
        x += width + 16.0;
    }
    placed
}

fn signs(layout: &Layout<'_>) -> Vec<Sign> {
    let ran = || layout.report.hooks.iter().filter(|hook| span(hook).is_some());
    let is_there = |look: &Look| ran().any(|hook| Look::of(&hook.outcome) == *look);
    let row =
        |wanted: fn(What<'_>) -> bool| layout.bands.iter().flat_map(|band| &band.rows).any(|row| wanted(row.what));
    let mut signs: Vec<Sign> = Look::ALL.into_iter().filter(is_there).map(Sign::Outcome).collect();
    signs.extend(ran().next().map(|_| Sign::Timeout));
    signs.extend(row(|what| matches!(what, What::Serving(_))).then_some(Sign::Serving));
    signs.extend(row(|what| matches!(what, What::InFlight(_))).then_some(Sign::InFlight));
    signs.extend(is_there(&Look::Abandoned).then_some(Sign::LeftBehind));
    signs
}
