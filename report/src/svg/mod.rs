//! Draws a report as an SVG picture: phases, hooks, work in flight, deadline and signals over time.
//!
//! `time_scale` turns times into positions, `layout` decides the positions, and the other modules draw.

use layout::{Layout, WIDTH};
use shapes::Pixels;

use crate::markup::{Escaped, MarkupWriter};
use crate::model::Report;

mod chart;
mod header;
mod layout;
mod legend;
mod markers;
pub(crate) mod outcome_style;
mod rows;
mod shapes;
#[cfg(test)]
mod tests;
mod text_fit;
mod ticks;
mod time_scale;

pub(crate) use header::format_wall_clock;

/// The style of everything that is drawn. It has no variables, because not every program that shows SVG knows them.
pub(crate) const STYLE: &str = include_str!("style.css");

impl Report {
    /// Returns the report as one SVG picture, which needs no font, script or style from elsewhere.
    ///
    /// The picture has a row for each hook, in the order of the plan, and a band for each phase. Outcomes differ by
    /// color, by pattern and in words. Behind each bar is the declared timeout. Every row has a tooltip with all details.
    /// The time axis is linear. A long stretch in which nothing begins or ends is folded, visibly, if it would hide the
    /// rest.
    #[must_use]
    pub fn to_svg(&self) -> String {
        draw(self, &format!("<style>\n{STYLE}</style>\n{PATTERNS}"))
    }
}

/// Returns the picture as an element of a page that has the style. The first picture of a page defines the patterns for
/// all.
pub(crate) fn element(report: &Report, is_first: bool) -> String {
    draw(report, if is_first { PATTERNS } else { "" })
}

fn draw(report: &Report, definitions: &str) -> String {
    let layout = Layout::new(report);
    let (width, height) = (Pixels(WIDTH), Pixels(layout.height()));
    let mut svg = MarkupWriter::default();
    svg.markup(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"shutdown\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n\
         <title>shutdown report: {}</title>\n{definitions}",
        Escaped(&report.headline())
    ));
    svg.rect("background", (0.0, 0.0), (WIDTH, layout.height()));
    header::draw(&mut svg, &layout);
    chart::draw(&mut svg, &layout);
    legend::draw(&mut svg, &layout);
    svg.markup(format_args!("</svg>"));
    svg.finish()
}

/// One pattern for each outcome except `completed`, so that outcomes differ without color and in print.
const PATTERNS: &str = r#"<defs>
<pattern id="os-failed" width="6" height="6" patternUnits="userSpaceOnUse"><path class="hatch" d="M1.5 0V6"/></pattern>
<pattern id="os-panicked" width="7" height="7" patternUnits="userSpaceOnUse"><path class="hatch" d="M0 0L7 7M7 0L0 7"/></pattern>
<pattern id="os-cancelled" width="8" height="8" patternUnits="userSpaceOnUse"><path class="hatch" d="M-2 2L2-2M0 8L8 0M6 10L10 6"/></pattern>
<pattern id="os-abandoned" width="8" height="8" patternUnits="userSpaceOnUse"><path class="hatch" d="M-2 6L2 10M0 0L8 8M6-2L10 2"/></pattern>
</defs>"#;
