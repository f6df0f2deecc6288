//! A word that is not in a list comes in, with the list; what to write instead goes out.

use strsim::levenshtein;

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
    let close = |known: &str| levenshtein(&word, known) <= (known.len() / 3).max(1);
    words.iter().copied().filter(|known| begun(known) || close(known)).min_by_key(|known| levenshtein(&word, known))
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

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
