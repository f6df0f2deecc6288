//! Suggests the correct name for an unknown hook name.

/// Maximum number of names in one message. A longer list is not read.
const LISTED: usize = 8;

/// Returns the end of an error message: the name that was probably meant, or the list of known names.
pub(crate) fn suggestion(name: &str, known: &[String]) -> String {
    if let Some(nearest) = nearest(name, known) {
        return format!("write `{nearest}`");
    }
    let mut names: Vec<String> = known.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    names.extend(known.len().checked_sub(LISTED + 1).map(|more| format!("{} more", more + 1)));
    if names.is_empty() { "no hook is linked".to_owned() } else { format!("the hooks are {}", names.join(", ")) }
}

/// Returns the known name that differs in a third of its letters or less, or only in its module.
pub(crate) fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let compared = |known: &'a str| if name.contains("::") { known } else { function(known) };
    let distance = |known: &&'a String| strsim::levenshtein(name, compared(known));
    // Only if the function is unique: the suggestion must not name the hook of another module.
    let mut same_function = known.iter().filter(|known| function(known) == function(name));
    match (same_function.next(), same_function.next()) {
        (Some(only), None) => Some(only),
        // A third of the letters: one mistake in a short name, several in a long one.
        _ => known.iter().min_by_key(distance).filter(|known| distance(known) <= compared(known).len() / 3),
    }
}

fn function(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_name_gets_a_suggestion() {
        let known = ["orders::flush".to_owned(), "metrics::push".to_owned()];
        assert_eq!(suggestion("flush", &known), "write `orders::flush`");
        assert_eq!(suggestion("orders::flsh", &known), "write `orders::flush`");
        assert_eq!(suggestion("flsh", &known), "write `orders::flush`");
        assert_eq!(suggestion("zzz", &known), "the hooks are `orders::flush`, `metrics::push`");
        assert_eq!(suggestion("zzz", &[]), "no hook is linked");
        let many: Vec<String> = (0..10).map(|number| format!("a::h{number}")).collect();
        assert!(suggestion("zzzzzzzz", &many).ends_with("`a::h7`, 2 more"), "{}", suggestion("zzzzzzzz", &many));
    }
}
