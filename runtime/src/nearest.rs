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

/// A name with its module left out, or with few letters wrong.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let last = |known: &&String| known.rsplit("::").next() == name.rsplit("::").next();
    let mut same_function = known.iter().filter(last);
    match (same_function.next(), same_function.next()) {
        (Some(only), None) => return Some(only),
        _ => {}
    }
    let distance = |known: &&String| strsim::levenshtein(name, known);
    known.iter().min_by_key(distance).filter(|known| distance(known) <= known.len() / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_is_named() {
        let known = ["orders::flush".to_owned(), "metrics::push".to_owned()];
        assert_eq!(correction("flush", &known), "write `orders::flush`");
        assert_eq!(correction("orders::flsh", &known), "write `orders::flush`");
        assert_eq!(correction("zzz", &known), "the hooks are `orders::flush`, `metrics::push`");
        assert_eq!(correction("zzz", &[]), "no hook is linked");
        let many: Vec<String> = (0..10).map(|number| format!("a::h{number}")).collect();
        assert!(correction("zzzzzzzz", &many).ends_with("`a::h7`, 2 more"), "{}", correction("zzzzzzzz", &many));
    }
}
