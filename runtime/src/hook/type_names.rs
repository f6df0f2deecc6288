//! Compares the names of types, to find the value that a program provided instead of the one that a hook takes.

/// The types around a value that authors confuse: `provide(Arc::new(db))` for a hook that takes a `Db`.
const WRAPPERS: [&str; 6] = ["Arc", "Box", "Mutex", "Option", "Rc", "RwLock"];

/// Removes the module paths from the name of a type: `alloc::sync::Arc<app::Db>` becomes `Arc<Db>`.
pub(crate) fn without_paths(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut pieces = name.split("::").peekable();
    while let Some(piece) = pieces.next() {
        // Each piece but the last ends with the name of a module or of another scope.
        let kept = if pieces.peek().is_some() { piece.trim_end_matches(is_in_segment) } else { piece };
        short.push_str(kept);
    }
    short
}

/// Whether a segment of a path may contain the character. Braces are in `{{closure}}`.
fn is_in_segment(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '{' | '}' | '#')
}

/// Returns the name without the references and [`WRAPPERS`] around it: `app::Db` for `&alloc::sync::Arc<app::Db>`.
fn without_wrappers(name: &str) -> &str {
    let mut inner = name;
    loop {
        inner = match (inner.strip_prefix('&'), inner.split_once('<')) {
            (Some(referent), _) => referent.strip_prefix("mut ").unwrap_or(referent),
            (None, Some((path, arguments))) if is_wrapper(path) && arguments.ends_with('>') => {
                arguments.strip_suffix('>').unwrap_or(arguments)
            }
            _ => return inner,
        };
    }
}

fn is_wrapper(path: &str) -> bool {
    path.rsplit("::").next().is_some_and(|last| WRAPPERS.contains(&last))
}

/// Tells how two types with similar names differ. The variants are in the order of what an author probably meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Similarity {
    /// The types differ by a wrapper, or have the same name in two versions of a crate.
    SamePath,
    /// Types in two modules have the same name, perhaps inside wrappers.
    SameName,
}

/// Compares the names of two different types. Returns `None` if the names are not similar.
pub(crate) fn similarity(a: &str, b: &str) -> Option<Similarity> {
    let (a, b) = (without_wrappers(a), without_wrappers(b));
    if a == b {
        return Some(Similarity::SamePath);
    }
    (without_paths(a) == without_paths(b)).then_some(Similarity::SameName)
}

#[cfg(test)]
mod tests {
    use std::any::type_name;
    use std::collections::HashMap;
    use std::sync::{Arc, Mutex, RwLock};

    use super::*;

    struct Db;

    mod other {
        pub(super) struct Db;
        pub(super) struct Database;
    }

    fn compare<A: ?Sized, B: ?Sized>() -> Option<Similarity> {
        let (a, b) = (type_name::<A>(), type_name::<B>());
        assert_eq!(similarity(a, b), similarity(b, a), "the order of {a} and {b} does not matter");
        similarity(a, b)
    }

    #[test]
    fn names_have_no_paths() {
        let local = || {
            struct Local;
            type_name::<Arc<Local>>()
        };
        let in_closure = local();
        for (name, short) in [
            (type_name::<Arc<Db>>(), "Arc<Db>"),
            (type_name::<&'static str>(), "&str"),
            (type_name::<HashMap<String, (Db, [other::Db; 3])>>(), "HashMap<String, (Db, [Db; 3])>"),
            (type_name::<Box<dyn std::error::Error + Send>>(), "Box<dyn Error + Send>"),
            (type_name::<fn(Db) -> Option<u8>>(), "fn(Db) -> Option<u8>"),
            (in_closure, "Arc<Local>"),
            ("größe::Maß<a::Ö>", "Maß<Ö>"),
            ("", ""),
        ] {
            assert_eq!(without_paths(name), short, "{name}");
        }
    }

    #[test]
    fn types_that_differ_by_a_wrapper_are_similar() {
        use Similarity::{SameName, SamePath};
        assert_eq!(compare::<Db, Arc<Db>>(), Some(SamePath));
        assert_eq!(compare::<Db, Option<Db>>(), Some(SamePath));
        assert_eq!(compare::<Db, Box<Db>>(), Some(SamePath));
        assert_eq!(compare::<Db, &'static Db>(), Some(SamePath));
        assert_eq!(compare::<Db, &'static mut Db>(), Some(SamePath));
        assert_eq!(compare::<Arc<Mutex<Db>>, Arc<RwLock<Db>>>(), Some(SamePath));
        assert_eq!(compare::<Db, other::Db>(), Some(SameName));
        assert_eq!(compare::<Arc<other::Db>, Db>(), Some(SameName));
        assert_eq!(compare::<Vec<Db>, Arc<Vec<other::Db>>>(), Some(SameName));
    }

    #[test]
    fn types_with_other_names_or_arguments_are_not_similar() {
        assert_eq!(compare::<Db, other::Database>(), None);
        assert_eq!(compare::<Arc<Vec<u8>>, Arc<Vec<u16>>>(), None);
        assert_eq!(compare::<Vec<Db>, Db>(), None);
        assert_eq!(compare::<(Arc<Db>, Db), (Db, Arc<Db>)>(), None);
    }
}
