//! Shapes and texts in, SVG out.

use std::fmt::{self, Write};

use super::escape::Escaped;

/// A length in pixels, to a tenth.
#[derive(Clone, Copy)]
pub(super) struct Px(pub(super) f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let (sign, whole, part) = (if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10);
        if part == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{part}") }
    }
}

/// Where a text stands relative to its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn attribute(self) -> &'static str {
        match self {
            Self::Start => "",
            Self::Middle => " text-anchor=\"middle\"",
            Self::End => " text-anchor=\"end\"",
        }
    }
}

/// The picture as far as it is drawn. Classes are ours and need no escape; every text is escaped.
#[derive(Default)]
pub(super) struct Pen {
    drawn: String,
}

impl Pen {
    pub(super) fn finish(self) -> String {
        self.drawn
    }

    pub(super) fn put(&mut self, markup: fmt::Arguments<'_>) {
        // A String takes everything.
        let _ = self.drawn.write_fmt(markup);
        self.drawn.push('\n');
    }

    pub(super) fn group(&mut self, class: &str, title: &str, draw: impl FnOnce(&mut Self)) {
        self.put(format_args!("<g class=\"{class}\">"));
        if !title.is_empty() {
            self.put(format_args!("<title>{}</title>", Escaped(title)));
        }
        draw(self);
        self.put(format_args!("</g>"));
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let [x, y, width, height] = [x, y, width, height].map(Px);
        self.put(format_args!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"));
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let [x, y, to_x, to_y] = [from.0, from.1, to.0, to.1].map(Px);
        self.put(format_args!("<path class=\"{class}\" d=\"M{x} {y}L{to_x} {to_y}\"/>"));
    }

    pub(super) fn path(&mut self, class: &str, path: &str) {
        self.put(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    /// A path that is drawn around 0,0.
    pub(super) fn sign(&mut self, class: &str, (x, y): (f64, f64), path: &str) {
        let (x, y) = (Px(x), Px(y));
        self.put(format_args!("<path class=\"{class}\" transform=\"translate({x} {y})\" d=\"{path}\"/>"));
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let (x, y, anchor) = (Px(x), Px(y), anchor.attribute());
        self.put(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{}</text>", Escaped(text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_has_one_digit_after_the_point_at_most() {
        let shown = [0.0, 12.0, 12.34, 12.96, -0.26, -3.0, 1.0 / 3.0].map(|length| Px(length).to_string());
        assert_eq!(shown, ["0", "12", "12.3", "13", "-0.3", "-3", "0.3"]);
    }
}
