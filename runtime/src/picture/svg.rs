//! A report in, an SVG document out.

use super::layout::{Layout, WIDTH};
use super::pen::{Pen, Px};
use super::{chart, escape::Escaped, header, legend};
use crate::report::Report;

/// Of everything that is drawn. No variables: not every program that shows SVG knows them.
pub(super) const STYLE: &str = include_str!("picture.css");

/// As a file of its own.
pub(super) fn document(report: &Report) -> String {
    picture(report, &format!("<style>\n{STYLE}</style>\n"))
}

/// As an element; the style is the page's.
pub(super) fn element(report: &Report) -> String {
    picture(report, "")
}

fn picture(report: &Report, style: &str) -> String {
    let layout = Layout::of(report);
    let (width, height) = (Px(WIDTH), Px(layout.height()));
    let mut pen = Pen::default();
    pen.put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"shutdown\" role=\"img\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n\
         <title>shutdown report: {}</title>\n{style}{PATTERNS}",
        Escaped(&report.headline())
    ));
    pen.rect("paper", (0.0, 0.0), (WIDTH, layout.height()));
    header::draw(&mut pen, &layout);
    chart::draw(&mut pen, &layout);
    legend::draw(&mut pen, &layout);
    pen.put(format_args!("</svg>"));
    pen.finish()
}

/// One for each outcome but `completed`: told apart without color, and in print.
const PATTERNS: &str = r#"<defs>
<pattern id="os-failed" width="6" height="6" patternUnits="userSpaceOnUse"><path class="weave" d="M1.5 0V6"/></pattern>
<pattern id="os-panicked" width="7" height="7" patternUnits="userSpaceOnUse"><path class="weave" d="M0 0L7 7M7 0L0 7"/></pattern>
<pattern id="os-cancelled" width="8" height="8" patternUnits="userSpaceOnUse"><path class="weave" d="M-2 2L2-2M0 8L8 0M6 10L10 6"/></pattern>
<pattern id="os-abandoned" width="8" height="8" patternUnits="userSpaceOnUse"><path class="weave" d="M-2 6L2 10M0 0L8 8M6-2L10 2"/></pattern>
</defs>"#;
