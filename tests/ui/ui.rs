//! Small programs come in, each with one mistake or none; what the compiler says of them is compared with the file beside them.
//!
//! `TRYBUILD=overwrite cargo test -p ui` writes the `.stderr` files anew: read each as the user who will see it.
//! They hold the compiler's own words too, so they belong to one version of it, the current stable.

#[test]
fn spec_declaration_mistakes_of_hooks_say_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("fail/hook/*.rs");
}

#[test]
fn spec_declaration_mistakes_of_main_say_what_to_write_instead() {
    trybuild::TestCases::new().compile_fail("fail/main/*.rs");
}

#[test]
fn spec_declaration_what_is_right_compiles() {
    trybuild::TestCases::new().pass("pass/*.rs");
}
