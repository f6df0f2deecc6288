//! Beside the road: a name that nobody has in, with all names there are; what to write instead out.

/// More names than this are not listed.
const LISTED: usize = 8;

/// Ends an error message: the one name that was probably meant, or the names there are.
pub(crate) fn correction(name: &str, known: &[String]) -> String {
    if let Some(meant) = nearest(name, known) {
        return format!("write `{meant}`");
    }
    let mut names: Vec<String> = known.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    names.extend(known.len().checked_sub(LISTED + 1).map(|more| format!("{} more", more + 1)));
    if names.is_empty() { "no hook is linked".to_owned() } else { format!("the hooks are {}", names.join(", ")) }
}

/// A name with few letters wrong, or with its module left out.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let compared = |known: &'a str| if name.contains("::") { known } else { last(known) };
    let distance = |known: &&'a String| strsim::levenshtein(name, compared(known));
    let mut same_function = known.iter().filter(|known| last(known) == last(name));
    match (same_function.next(), same_function.next()) {
        (Some(only), None) => Some(only),
        _ => known.iter().min_by_key(distance).filter(|known| distance(known) <= compared(known).len() / 3),
    }
}

fn last(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_named() {
        let known = ["orders::flush".to_owned(), "metrics::push".to_owned()];
        assert_eq!(correction("flush", &known), "write `orders::flush`");
        assert_eq!(correction("orders::flsh", &known), "write `orders::flush`");
        assert_eq!(correction("flsh", &known), "write `orders::flush`");
        assert_eq!(correction("zzz", &known), "the hooks are `orders::flush`, `metrics::push`");
        assert_eq!(correction("zzz", &[]), "no hook is linked");
        let many: Vec<String> = (0..10).map(|number| format!("a::h{number}")).collect();
        assert!(correction("zzzzzzzz", &many).ends_with("`a::h7`, 2 more"), "{}", correction("zzzzzzzz", &many));
    }
}
