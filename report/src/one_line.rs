//! Escapes control characters, because a line break would split a line, and an escape sequence would reach the terminal.
//!
//! `runtime/src/report/one_line.rs` escapes the same characters. The test `tests/report/tests/report/reader.rs` compares
//! the two: change both together.

use std::fmt::{self, Display, Write};

/// Displays a value with its control characters escaped: a line break as `\n`, an escape sequence as `\u{1b}[31m`.
pub(crate) struct OneLine<T>(pub(crate) T);

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escape(f), "{}", self.0)
    }
}

struct Escape<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|char| match char {
            _ if is_escaped(char) => write!(self.0, "{}", char.escape_default()),
            plain => self.0.write_char(plain),
        })
    }
}

/// Returns whether the character ends a line, starts a terminal sequence, or changes the order of other characters.
fn is_escaped(char: char) -> bool {
    let is_separator = matches!(char, '\u{2028}' | '\u{2029}');
    let is_reordering = matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || is_separator || is_reordering
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let escaped = |text: &str| OneLine(text).to_string();
        assert_eq!(escaped("plain, größer → done"), "plain, größer → done");
        assert_eq!(escaped("a\nb\r\n\tc\0"), r"a\nb\r\n\tc\u{0}");
        assert_eq!(escaped("\x1b[2Jgone\x7f\u{9b}31m"), r"\u{1b}[2Jgone\u{7f}\u{9b}31m");
        assert_eq!(escaped("\u{2028}\u{202e}\u{2066}"), r"\u{2028}\u{202e}\u{2066}");
    }
}
