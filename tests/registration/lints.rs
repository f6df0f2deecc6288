//! A library and two programs deny every lint there is: what the attributes write breaks none of them.

use crate::inner::{clippy, said};

#[test]
fn spec_declaration_no_lint_is_broken_by_what_the_attributes_write() {
    let checked = clippy("strict", &[]);
    let said = said(&checked.stderr);
    assert!(!said.contains("no such command"), "clippy is not installed: `rustup component add clippy`");
    assert!(checked.status.success() && said.is_empty(), "{said}");
}

/// Or else the test above would say nothing.
#[test]
fn spec_declaration_the_lints_are_looked_for() {
    let checked = clippy("strict", &["--features", "breach"]);
    let said = said(&checked.stderr);
    assert!(!checked.status.success(), "{said}");
    for group in ["all", "pedantic", "nursery", "restriction"] {
        assert!(said.contains(&format!("implied by `-D clippy::{group}`")), "no lint of {group}\n{said}");
    }
    for lint in ["missing-docs", "trivial-numeric-casts"] {
        assert!(said.contains(&format!("-D {lint}")), "no {lint}\n{said}");
    }
}
