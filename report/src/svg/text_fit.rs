//! Cuts texts so that they fit into a number of cells of a monospaced font.

/// Returns the text in one line of at most `cells`; if it is longer, its start.
pub(super) fn keep_start(text: &str, cells: usize) -> String {
    let line = one_line(text);
    match fitting_chars(line.chars(), cells) {
        None => line,
        Some(count) => line.chars().take(count).chain(['…']).collect(),
    }
}

/// Returns the text in one line of at most `cells`; if it is longer, its end. Names differ at their ends.
pub(super) fn keep_end(text: &str, cells: usize) -> String {
    let line = one_line(text);
    match fitting_chars(line.chars().rev(), cells) {
        None => line,
        Some(count) => {
            let skipped = line.chars().count() - count;
            ['…'].into_iter().chain(line.chars().skip(skipped)).collect()
        }
    }
}

/// Returns the number of cells that the text takes.
pub(super) fn width_in_cells(text: &str) -> usize {
    text.chars().map(char_cells).sum()
}

/// East Asian characters and emoji are twice as wide as others.
fn char_cells(char: char) -> usize {
    let is_wide = matches!(
        char,
        '\u{1100}'..='\u{115f}'
            | '\u{2e80}'..='\u{a4cf}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe6f}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{1f000}'..
    );
    if is_wide { 2 } else { 1 }
}

/// Returns how many characters fit next to an ellipsis; `None` if all fit without one.
fn fitting_chars(chars: impl Iterator<Item = char>, cells: usize) -> Option<usize> {
    let (mut used, mut count) = (0, 0);
    for char in chars {
        used += char_cells(char);
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
    fn a_text_is_cut_to_its_cells() {
        assert_eq!(keep_start("flush_orders", 12), "flush_orders");
        assert_eq!(keep_start("flush_orders", 11), "flush_orde…");
        assert_eq!(keep_end("flush_orders", 11), "…ush_orders");
        assert_eq!(keep_start("a\n\tb", 9), "a b");
        assert_eq!(keep_start("注文を書く", 10), "注文を書く");
        assert_eq!(keep_start("注文を書く", 9), "注文を書…");
        assert_eq!(keep_end("注文を書く", 4), "…く");
        assert_eq!(keep_start("", 0), "");
        assert_eq!(keep_start("abc", 1), "…");
    }
}
