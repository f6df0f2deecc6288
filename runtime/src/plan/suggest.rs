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

/// Returns the crate of a hook's full name: `orders` for `orders::io::flush`. A name without a crate is no full name.
pub(crate) fn crate_of(name: &str) -> Option<&str> {
    name.split_once("::").map(|(own, _)| own).filter(|own| !own.is_empty())
}

/// Returns the hook that was meant by a name with an unknown crate, if a crate has a similar name.
pub(crate) fn in_nearest_crate(name: &str, unknown: &str, known: &[String]) -> Option<String> {
    let crates: Vec<String> = known.iter().filter_map(|name| crate_of(name)).map(str::to_owned).collect();
    let meant = crates.iter().min_by_key(|own| strsim::levenshtein(unknown, own))?;
    let is_near = strsim::levenshtein(unknown, meant) <= meant.len() / 3;
    let hooks: Vec<String> = known.iter().filter(|name| crate_of(name) == Some(meant)).cloned().collect();
    let corrected = format!("{meant}{}", name.strip_prefix(unknown)?);
    is_near.then(|| nearest(&corrected, &hooks).cloned().unwrap_or_else(|| format!("{meant}::..")))
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
        assert_eq!(in_nearest_crate("order::flush", "order", &known).as_deref(), Some("orders::flush"));
        assert_eq!(in_nearest_crate("order::flsh", "order", &known).as_deref(), Some("orders::flush"));
        assert_eq!(in_nearest_crate("order::unlike", "order", &known).as_deref(), Some("orders::.."));
        assert_eq!(in_nearest_crate("stock::flush", "stock", &known), None, "the hook of another crate");
        assert_eq!(in_nearest_crate("order::flush", "order", &[]), None);
        for (name, own) in [("a::b::c", Some("a")), ("a::b", Some("a")), ("b", None), ("::b", None), ("", None)] {
            assert_eq!(crate_of(name), own, "{name}");
        }
        let long = ["orders::flush_all".to_owned()];
        assert_eq!(nearest("flxsh_xlx", &long), long.first(), "three of nine letters");
        assert_eq!(nearest("flxsx_xlx", &long), None, "four of nine letters");
        let many: Vec<String> = (0..10).map(|number| format!("a::h{number}")).collect();
        assert!(suggestion("zzzzzzzz", &many).ends_with("`a::h7`, 2 more"), "{}", suggestion("zzzzzzzz", &many));
    }
}
