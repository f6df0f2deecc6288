//! Keeps text that the user supplies on one line, and inside a limit.
//!
//! Errors, panic messages, labels and names may hold line breaks and terminal sequences. The values stay unchanged; the
//! code that prints a line escapes them.
//!
//! `report/src/one_line.rs` escapes the same characters: change both together.

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
        let mut rest = text;
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| breaks_line(*letter)) {
            let (plain, from) = rest.split_at(at);
            self.0.write_str(plain)?;
            write!(self.0, "{}", letter.escape_default())?;
            rest = from.strip_prefix(letter).unwrap_or(from);
        }
        self.0.write_str(rest)
    }
}

/// Whether the character ends a line, starts a terminal sequence, or changes the order in which others are shown.
fn breaks_line(letter: char) -> bool {
    let is_separator = matches!(letter, '\u{2028}' | '\u{2029}');
    let is_reordering = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || is_separator || is_reordering
}

/// Shortens the text to at most `most` bytes. A text that was shortened ends in `…`.
pub(crate) fn cut(mut text: String, most: usize) -> String {
    const MARK: char = '…';
    if text.len() > most {
        let room = most.saturating_sub(MARK.len_utf8());
        // Position 0 is always a boundary.
        let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push(MARK);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_24_control_characters_are_escaped() {
        let escaped = |text: &str| OneLine(text).to_string();
        assert_eq!(escaped("plain, größer → done"), "plain, größer → done");
        assert_eq!(escaped("a\nb\r\n\tc\0"), r"a\nb\r\n\tc\u{0}");
        assert_eq!(escaped("\x1b[2Jgone\x7f\u{9b}31m"), r"\u{1b}[2Jgone\u{7f}\u{9b}31m");
        assert_eq!(escaped("\u{2028}\u{202e}\u{2066}"), r"\u{2028}\u{202e}\u{2066}");
        assert_eq!(OneLine(format_args!("{}:{}", "a\n", "b\n")).to_string(), r"a\n:b\n");
    }

    #[test]
    fn a_cut_falls_between_characters_and_is_marked() {
        let cut = |text: &str, most| cut(text.to_owned(), most);
        assert_eq!(cut("four", 4), "four");
        assert_eq!(cut("fives", 4), "f…");
        assert_eq!(cut("äöüß", 7), "äö…");
        assert_eq!(cut("äöüß", 6), "ä…");
    }
}
