//! Keeps names that are made at run time for the life of the process, each once: the table of sites refers to names.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Maximum number of names that [`keep_bounded`] keeps. What the clients of a program choose must not exhaust its memory.
#[cfg(feature = "tower")]
pub(crate) const MAX_BOUNDED: usize = 1000;

/// Names that are kept, in one of two sets.
struct Names(Mutex<Option<HashSet<&'static str>>>);

impl Names {
    const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Keeps the name, unless the set is full and does not have it.
    fn keep(&self, name: &str, max: usize) -> Option<&'static str> {
        // Only a failed allocation can panic under the lock, and it leaves the set as it was.
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let names = names.get_or_insert_default();
        if let Some(known) = names.get(name) {
            return Some(known);
        }
        if names.len() >= max {
            return None;
        }
        let name: &'static str = Box::leak(name.into());
        names.insert(name);
        Some(name)
    }
}

/// Keeps a name that the program's source bounds, such as that of a scope.
pub(crate) fn keep(name: &str) -> &'static str {
    static NAMES: Names = Names::new();
    // Never without a result: the set has no limit.
    NAMES.keep(name, usize::MAX).unwrap_or_default()
}

/// Keeps a name that may depend on what clients send. Returns `None` once there are [`MAX_BOUNDED`] others.
#[cfg(feature = "tower")]
pub(crate) fn keep_bounded(name: &str) -> Option<&'static str> {
    static NAMES: Names = Names::new();
    NAMES.keep(name, MAX_BOUNDED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_and_a_full_set_takes_no_other() {
        let names = Names::new();
        let first = names.keep("first", 2).unwrap();
        assert!(std::ptr::eq(first, names.keep(&String::from("first"), 2).unwrap()));
        assert_eq!(names.keep("second", 2), Some("second"));
        assert_eq!(names.keep("third", 2), None);
        assert_eq!(names.keep("second", 2), Some("second"));
        assert!(std::ptr::eq(keep("of a scope"), keep("of a scope")));
    }
}
