//! Any text in, what may stand in XML and HTML out, and what fits where.

use std::fmt;

/// A text as the content of an element or of a quoted attribute. What is invisible, or would turn the order of what
/// follows, is shown as a character of its own.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            '\n' | '\t' => write!(f, "{char}"),
            other => write!(f, "{}", visible(other)),
        })
    }
}

fn visible(char: char) -> char {
    match char {
        // Unicode's pictures of the control characters.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(char)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            char::REPLACEMENT_CHARACTER
        }
        // Not allowed in XML.
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// The text in one line of at most so many cells: its beginning.
pub(super) fn head(text: &str, cells: usize) -> String {
    let line = one_line(text);
    match fits(line.chars(), cells) {
        None => line,
        Some(count) => line.chars().take(count).chain(['…']).collect(),
    }
}

/// The same, but its end: for names, which differ there.
pub(super) fn tail(text: &str, cells: usize) -> String {
    let line = one_line(text);
    match fits(line.chars().rev(), cells) {
        None => line,
        Some(count) => {
            let skipped = line.chars().count() - count;
            ['…'].into_iter().chain(line.chars().skip(skipped)).collect()
        }
    }
}

/// How many cells of a monospaced font the text takes.
pub(super) fn cells(text: &str) -> usize {
    text.chars().map(cell).sum()
}

/// East Asian characters and pictures are twice as wide.
fn cell(char: char) -> usize {
    if matches!(char, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f000}'..)
    {
        2
    } else {
        1
    }
}

/// How many characters fit, with one cell for the sign that there was more; `None` where all do.
fn fits(chars: impl Iterator<Item = char>, cells: usize) -> Option<usize> {
    let (mut used, mut count) = (0, 0);
    for char in chars {
        used += cell(char);
        if used > cells {
            return Some(count);
        }
        if used < cells {
            count += 1;
        }
    }
    None
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text_and_what_is_invisible_is_seen() {
        let escaped = Escaped("<b a=\"1\" c='2'>&amp;\x1b[31m\0\x7f\u{9b}\u{202e}\u{fffe}\n").to_string();
        let expected = "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;␛[31m␀␡\u{fffd}\u{fffd}\u{fffd}\n";
        assert_eq!(escaped, expected);
    }

    #[test]
    fn a_text_is_cut_to_the_cells_it_has() {
        assert_eq!(head("flush_orders", 12), "flush_orders");
        assert_eq!(head("flush_orders", 11), "flush_orde…");
        assert_eq!(tail("flush_orders", 11), "…ush_orders");
        assert_eq!(head("a\n\tb", 9), "a b");
        assert_eq!(head("注文を書く", 10), "注文を書く");
        assert_eq!(head("注文を書く", 9), "注文を書…");
        assert_eq!(tail("注文を書く", 4), "…く");
        assert_eq!(head("", 0), "");
        assert_eq!(head("abc", 1), "…");
    }
}
