//! Writes shapes and texts as SVG.

use std::fmt;

use crate::markup::{Escaped, MarkupWriter};

/// A length in pixels, displayed with one decimal at most.
#[derive(Clone, Copy)]
pub(super) struct Pixels(pub(super) f64);

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let (sign, whole, part) = (if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10);
        if part == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{part}") }
    }
}

/// Which part of a text is at its position.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TextAnchor {
    Start,
    Middle,
    End,
}

impl TextAnchor {
    fn attribute(self) -> &'static str {
        match self {
            Self::Start => "",
            Self::Middle => " text-anchor=\"middle\"",
            Self::End => " text-anchor=\"end\"",
        }
    }
}

/// Classes and paths are constants of this crate and are not escaped. Texts are.
impl MarkupWriter {
    /// Writes a group with a tooltip, unless the tooltip is empty.
    pub(super) fn group(&mut self, class: &str, tooltip: &str, draw: impl FnOnce(&mut Self)) {
        self.markup(format_args!("<g class=\"{class}\">"));
        if !tooltip.is_empty() {
            self.markup(format_args!("<title>{}</title>", Escaped(tooltip)));
        }
        draw(self);
        self.markup(format_args!("</g>"));
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let [x, y, width, height] = [x, y, width, height].map(Pixels);
        self.markup(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        ));
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [x, y, to_x, to_y] = [from.0, from.1, to.0, to.1].map(Pixels);
        self.markup(format_args!("<path class=\"{class}\" d=\"M{x} {y}L{to_x} {to_y}\"/>"));
    }

    pub(super) fn path(&mut self, class: &str, path: &str) {
        self.markup(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    /// Writes a path whose center is 0,0.
    pub(super) fn icon(&mut self, class: &str, (x, y): (f64, f64), path: &str) {
        let (x, y) = (Pixels(x), Pixels(y));
        self.markup(format_args!("<path class=\"{class}\" transform=\"translate({x} {y})\" d=\"{path}\"/>"));
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: TextAnchor, text: &str) {
        let (x, y, anchor) = (Pixels(x), Pixels(y), anchor.attribute());
        self.markup(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{}</text>", Escaped(text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_one_decimal_at_most() {
        let shown = [0.0, 12.0, 12.34, 12.96, -0.26, -3.0, 1.0 / 3.0].map(|length| Pixels(length).to_string());
        assert_eq!(shown, ["0", "12", "12.3", "13", "-0.3", "-3", "0.3"]);
    }
}
