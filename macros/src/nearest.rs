//! A word that is not in a list comes in, with the list; what to write instead goes out.

/// Ends an error message: the one word that was probably meant, or all words there are.
pub(crate) fn correction(word: &str, words: &[&str]) -> String {
    match nearest(word, words) {
        Some(meant) => format!("write `{meant}`"),
        None => format!("write one of {}", list(words)),
    }
}

fn nearest<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let begun = |known: &str| word.len() >= 3 && (known.starts_with(&word) || word.starts_with(known));
    let close = |known: &str| distance(&word, known) <= (known.len() / 3).max(1);
    words.iter().copied().filter(|known| begun(known) || close(known)).min_by_key(|known| distance(&word, known))
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

/// Levenshtein's distance, one row at a time.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut left = line + 1;
        let mut next = vec![left];
        for ((other, above), diagonal) in to.chars().zip(row.iter().skip(1)).zip(&row) {
            let swap = diagonal + usize::from(letter != other);
            left = swap.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("timout", "timeout"), 1);
        assert_eq!(distance("aftre", "after"), 2);
        assert_eq!(distance("", "phase"), 5);
    }

    #[test]
    fn a_near_word_is_named_alone() {
        let words = ["phase", "priority", "timeout", "after"];
        assert_eq!(correction("prio", &words), "write `priority`");
        assert_eq!(correction("Phase", &words), "write `phase`");
        assert_eq!(correction("timeouts", &words), "write `timeout`");
    }

    #[test]
    fn a_far_word_gets_the_whole_list() {
        assert_eq!(correction("colour", &["phase", "after"]), "write one of `phase`, `after`");
    }
}
