//! Beside the road: a report in, one picture that needs nothing else out: phases, hooks, work in flight, deadline and
//! signals over time, as SVG or as an HTML page.
//!
//! Times become places in `scale`, what stands where is settled in `layout`, and only `svg` and `html` write markup.

use crate::report::Report;

mod axis;
mod chart;
mod escape;
mod header;
mod html;
mod layout;
mod legend;
mod look;
mod marks;
mod pen;
mod rows;
mod scale;
mod svg;
#[cfg(test)]
mod tests;

impl Report {
    /// The report as one SVG picture, which needs no font, script or style from elsewhere.
    ///
    /// A row for each hook, in the plan's order, with a band for each phase; the outcome by color, by pattern and in
    /// words. Behind each bar is the time that the hook declared. Every row has a tooltip that tells all of it. The time
    /// axis is linear; a long stretch in which nothing begins or ends is folded, visibly, where it would hide the rest.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::document(self)
    }

    /// The report as one HTML page: the picture of [`to_svg`](Self::to_svg) and the same as tables, with the whole text
    /// of every error. Dark where the reader's system is.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::page(self)
    }
}
