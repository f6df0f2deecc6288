//! Writes changes into the text of a file, each behind a check of the variable `MUTANT`.
//!
//! Every change is a text before a range and a text after it. The changed version is a copy of the original tokens. So
//! a change inside another one needs nothing special: it is part of the version that the outer change leaves as it is.

use std::cmp::Reverse;
use std::ops::Range;

use crate::candidates::{Candidate, Edit};

/// The changed text, and the range that each change has there.
pub(crate) struct Rewritten {
    pub(crate) text: String,
    pub(crate) ranges: Vec<(usize, Range<usize>)>,
}

/// Writes the changes of one file into its text. Keeps the number of lines.
pub(crate) fn rewrite(text: &str, changes: &[(usize, &Candidate)]) -> Rewritten {
    let mut rewritten = Rewritten { text: String::with_capacity(2 * text.len()), ranges: Vec::new() };
    let (mut copied, mut starts) = (0, Vec::new());
    for insertion in insertions(changes) {
        rewritten.text.push_str(text.get(copied..insertion.at).unwrap_or_default());
        copied = insertion.at;
        let start = rewritten.text.len();
        rewritten.text.push_str(&insertion.text);
        if insertion.is_end {
            let start = starts.iter().find(|(id, _)| *id == insertion.id).map_or(start, |(_, start)| *start);
            rewritten.ranges.push((insertion.id, start..rewritten.text.len()));
        } else {
            starts.push((insertion.id, start));
        }
    }
    rewritten.text.push_str(text.get(copied..).unwrap_or_default());
    rewritten
}

struct Insertion {
    at: usize,
    id: usize,
    is_end: bool,
    text: String,
}

/// Returns the texts in the order of their places. Of two ranges that begin at one place, the longer one begins first.
/// Of two that end at one place, the longer one ends last.
fn insertions(changes: &[(usize, &Candidate)]) -> Vec<Insertion> {
    let mut found = Vec::new();
    for (id, change) in changes {
        let (before, after) = around(*id, &change.edit);
        let (id, Range { start, end }) = (*id, change.range.clone());
        // A `return` is a statement. It stands outside of an expression that is the whole body.
        let length = end - start + usize::from(matches!(change.edit, Edit::Return(_)));
        // An end comes before a begin at the same place.
        let first = (start, true, Reverse(length), id);
        let last = (end, false, Reverse(usize::MAX - length), usize::MAX - id);
        found.push((first, Insertion { at: start, id, is_end: false, text: before }));
        found.push((last, Insertion { at: end, id, is_end: true, text: after }));
    }
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, insertion)| insertion).collect()
}

fn around(id: usize, edit: &Edit) -> (String, String) {
    let active = format!("crate::mutation::active({id})");
    match edit {
        Edit::Replace(text) => (format!("(if {active} {{ {text} }} else {{ "), " })".to_owned()),
        Edit::Delete => (format!("if !{active} {{ "), " }".to_owned()),
        Edit::AlwaysTrue => (format!("({active} || ("), "))".to_owned()),
        Edit::AlwaysFalse => ("((".to_owned(), format!(") && !{active})")),
        Edit::NeverMatches => (String::new(), format!(" && !{active}")),
        Edit::Return(value) => (format!("if {active} {{ return {value}; }} "), String::new()),
        Edit::DeleteArm => (String::new(), format!(" if !{active}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::find;

    /// Writes all changes with one of these kinds.
    fn all(text: &str, kinds: &[&str]) -> String {
        let found = find("a.rs", text).unwrap();
        let chosen: Vec<_> = found.iter().filter(|change| kinds.contains(&change.kind)).enumerate().collect();
        let rewritten = rewrite(text, &chosen);
        syn::parse_file(&rewritten.text).expect(&rewritten.text);
        rewritten.text.replace("crate::mutation::active", "on")
    }

    #[test]
    fn a_change_inside_another_one_is_in_the_version_that_stays() {
        let text = "fn f(a: u8) -> u8 { (a + 1) * 2 }";
        let expected = "fn f(a: u8) -> u8 { (if on(0) { ((a + 1)) / (2) } else { ((if on(1) { (a) - (1) } else { a + 1 })) * 2 }) }";
        assert_eq!(all(text, &["operator"]), expected);
    }

    #[test]
    fn a_condition_with_let_gets_its_check_at_the_end_of_the_chain() {
        let text = "fn f() { if let Some(a) = b { c() } }";
        assert_eq!(all(text, &["condition"]), "fn f() { if let Some(a) = b && !on(0) { c() } }");
    }

    #[test]
    fn a_function_returns_before_its_first_statement() {
        let text = "fn f() -> bool { a() }";
        let expected = "fn f() -> bool { if on(0) { return true; } if on(1) { return false; } a() }";
        assert_eq!(all(text, &["function body"]), expected);
    }

    #[test]
    fn every_kind_of_change_can_be_written_at_once_and_keeps_the_lines() {
        let text = "impl A { async fn f(&self, b: u8) -> Option<u8> {\n  // é\n  self.g(true)?.await;\n  match b {\n    \
                    1 if !c => d(\n  1 == 2 || x),\n    2 => return None,\n    _ => {}\n  }\n  while e < 3 { h(); }\n  Some(4) } }";
        let kinds =
            ["operator", "condition", "match guard", "match arm", "function body", "statement", "literal", "negation"];
        let rewritten = all(text, &kinds);
        assert_eq!(rewritten.lines().count(), text.lines().count());
        let expected = "if on(0) { return None; } if !on(1) { self.g(((true) && !on(2)))?.await; }";
        assert!(rewritten.replace('\n', " ").contains(expected), "{rewritten}");
    }
}
