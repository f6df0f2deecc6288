//! Compares the compiler's messages for small programs with the `.stderr` files next to them.
//!
//! `TRYBUILD=overwrite cargo test -p ui` rewrites the `.stderr` files. Read each change as the user who gets the message.
//! The files contain text of the compiler, so they match one version: the current stable.

#[test]
fn spec_declaration_mistakes_of_hooks_say_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("fail/hook/*.rs");
}

#[test]
fn spec_declaration_mistakes_of_main_say_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("fail/main/*.rs");
}

#[test]
fn an_unused_future_or_guard_is_a_warning_that_says_what_to_do() {
    trybuild::TestCases::new().compile_fail("fail/unused/*.rs");
}

#[test]
fn spec_declaration_valid_declarations_compile() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
