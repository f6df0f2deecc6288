//! Suggests the word that the user probably meant.

use strsim::levenshtein;

/// Ends an error message with what to write: the new name of an earlier word, the nearest word, or all words.
pub(crate) fn suggest(written: &str, known: &[&str], renamed: &[(&str, &str)]) -> String {
    let new_name = renamed.iter().find_map(|(earlier, new)| (*earlier == written).then_some(*new));
    match new_name.or_else(|| nearest(written, known)) {
        Some(meant) => format!("write `{meant}`"),
        None => format!("write one of {}", list(known)),
    }
}

/// Accepts an abbreviation of three letters or more, and one typing error for every three letters.
fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let written = written.to_lowercase();
    let is_abbreviation = |word: &str| written.len() >= 3 && (word.starts_with(&written) || written.starts_with(word));
    let is_typo = |word: &str| levenshtein(&written, word) <= (word.len() / 3).max(1);
    let similar = known.iter().copied().filter(|word| is_abbreviation(word) || is_typo(word));
    similar.min_by_key(|word| levenshtein(&written, word))
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similar_word_is_suggested_alone() {
        let words = ["phase", "priority", "timeout", "after"];
        assert_eq!(suggest("prio", &words, &[]), "write `priority`");
        assert_eq!(suggest("Phase", &words, &[]), "write `phase`");
        assert_eq!(suggest("timeouts", &words, &[]), "write `timeout`");
    }

    #[test]
    fn an_unknown_word_gets_the_whole_list() {
        assert_eq!(suggest("colour", &["phase", "after"], &[]), "write one of `phase`, `after`");
    }

    #[test]
    fn an_earlier_word_gets_its_new_name_before_any_similar_word() {
        assert_eq!(suggest("after_all", &["after", "last"], &[("after_all", "last")]), "write `last`");
    }
}
