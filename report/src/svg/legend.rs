//! Draws the legend, which explains only what is in this picture.

use super::layout::{Layout, MARGIN, RowContent, WIDTH};
use super::outcome_style::OutcomeStyle;
use super::shapes::TextAnchor;
use super::text_fit::width_in_cells;
use crate::markup::MarkupWriter;

/// The width of a sample.
const SAMPLE: f64 = 24.0;
/// The width of a character of the explanations.
const CELL: f64 = 6.3;
const LINE_HEIGHT: f64 = 20.0;

/// A sample with its explanation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LegendItem {
    Outcome(OutcomeStyle),
    Timeout,
    StillServing,
    InFlight,
    AbandonedThread,
}

impl LegendItem {
    fn label(self) -> &'static str {
        match self {
            Self::Outcome(style) => style.label(),
            Self::Timeout => "declared timeout",
            Self::StillServing => "still serving",
            Self::InFlight => "work in flight",
            Self::AbandonedThread => "abandoned thread",
        }
    }

    fn draw(self, svg: &mut MarkupWriter, (x, y): (f64, f64)) {
        let (position, size) = ((x, y - 9.0), (SAMPLE, 11.0));
        match self {
            Self::Outcome(style) => {
                svg.rect(&format!("bar {}", style.css_class()), position, size);
                if style != OutcomeStyle::Completed {
                    svg.rect(&format!("texture {}", style.css_class()), position, size);
                }
            }
            Self::Timeout => svg.rect("timeout-box", position, size),
            Self::StillServing => svg.rect("serving", position, size),
            Self::InFlight => svg.rect("work", position, size),
            Self::AbandonedThread => svg.line("abandoned-thread", (x, y - 4.0), (x + SAMPLE, y - 4.0)),
        }
        svg.text("small", (x + SAMPLE + 6.0, y), TextAnchor::Start, self.label());
    }
}

pub(super) fn draw(svg: &mut MarkupWriter, layout: &Layout<'_>) {
    for (item, x, line) in placed_items(layout) {
        item.draw(svg, (x, layout.legend_top() + line as f64 * LINE_HEIGHT));
    }
}

/// Returns the height of the legend.
pub(super) fn height(layout: &Layout<'_>) -> f64 {
    let lines = placed_items(layout).last().map_or(0, |(_, _, line)| line + 1);
    lines as f64 * LINE_HEIGHT
}

/// Returns the items with their positions, in as many lines as they need.
fn placed_items(layout: &Layout<'_>) -> Vec<(LegendItem, f64, usize)> {
    let (mut x, mut line) = (MARGIN, 0);
    let mut placed = Vec::new();
    for item in items(layout) {
        let width = SAMPLE + 6.0 + width_in_cells(item.label()) as f64 * CELL;
        if x + width > WIDTH - MARGIN {
            (x, line) = (MARGIN, line + 1);
        }
        placed.push((item, x, line));
        x += width + 16.0;
    }
    placed
}

fn items(layout: &Layout<'_>) -> Vec<LegendItem> {
    let ran = || layout.report.hooks.iter().filter(|hook| hook.run_time().is_some());
    let occurs = |style: &OutcomeStyle| ran().any(|hook| OutcomeStyle::of(&hook.outcome) == *style);
    let mut rows = layout.bands.iter().flat_map(|band| &band.rows);
    let has_delay = rows.clone().any(|row| matches!(row.content, RowContent::StillServing(_)));
    let has_work = rows.any(|row| matches!(row.content, RowContent::InFlight(_)));
    let mut items: Vec<LegendItem> = OutcomeStyle::ALL.into_iter().filter(occurs).map(LegendItem::Outcome).collect();
    items.extend(ran().next().map(|_| LegendItem::Timeout));
    items.extend(has_delay.then_some(LegendItem::StillServing));
    items.extend(has_work.then_some(LegendItem::InFlight));
    items.extend(occurs(&OutcomeStyle::Abandoned).then_some(LegendItem::AbandonedThread));
    items
}
