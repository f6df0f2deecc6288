//! Checks that the code of the attributes passes every lint, in a library and two programs that deny all lints.

use crate::fixture::{clippy, text};

#[test]
fn spec_declaration_the_code_of_the_attributes_passes_every_lint() {
    let checked = clippy("strict", &[]);
    let messages = text(&checked.stderr);
    assert!(!messages.contains("no such command"), "clippy is not installed: `rustup component add clippy`");
    assert!(checked.status.success() && messages.is_empty(), "{messages}");
}

/// Proves that the test above can fail.
#[test]
fn spec_declaration_the_lints_are_enabled() {
    let checked = clippy("strict", &["--features", "breach"]);
    let messages = text(&checked.stderr);
    assert!(!checked.status.success(), "{messages}");
    for group in ["all", "pedantic", "nursery", "restriction"] {
        assert!(messages.contains(&format!("implied by `-D clippy::{group}`")), "no lint of {group}\n{messages}");
    }
    for lint in ["missing-docs", "trivial-numeric-casts"] {
        assert!(messages.contains(&format!("-D {lint}")), "no {lint}\n{messages}");
    }
}
