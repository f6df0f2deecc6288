//! Writes markup: elements as they are given, and texts with everything escaped.

use std::fmt::{self, Write};

/// Collects the markup of an SVG picture or an HTML page.
#[derive(Default)]
pub(crate) struct MarkupWriter {
    written: String,
}

impl MarkupWriter {
    pub(crate) fn finish(self) -> String {
        self.written
    }

    /// Writes one piece of markup, unchanged, and a line feed.
    pub(crate) fn markup(&mut self, markup: fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.written.write_fmt(markup);
        self.written.push('\n');
    }
}

/// Displays a text as the content of an element or of a quoted attribute. Characters that are invisible, or that change
/// the direction of what follows, are replaced by visible ones.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' | '\t' => f.write_char(char),
            other => f.write_char(visible(other)),
        })
    }
}

fn visible(char: char) -> char {
    match char {
        // Unicode has a picture for each control character.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(char)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            char::REPLACEMENT_CHARACTER
        }
        // Not allowed in XML.
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_is_escaped_and_invisible_characters_are_shown() {
        let escaped = Escaped("<b a=\"1\" c='2'>&amp;\x1b[31m\0\x7f\u{9b}\u{202e}\u{fffe}\n").to_string();
        let expected = "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;␛[31m␀␡\u{fffd}\u{fffd}\u{fffd}\n";
        assert_eq!(escaped, expected);
    }
}
