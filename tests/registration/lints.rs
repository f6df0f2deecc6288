//! Checks that the code of the attributes passes every lint, in a library and two programs that deny all lints. Checks
//! that clippy finds what the documentation says it finds.

use std::fs;

use crate::fixture::{FIXTURES, cargo, clippy, output, root, scratch, text};

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

#[test]
fn clippy_finds_the_calls_of_exit_with_the_lines_from_the_documentation() {
    let page = fs::read_to_string(root().join("docs/oncall.md")).expect("the page exists");
    let (_, section) = page.split_once("### Find the calls of `exit`").expect("the section exists");
    let snippet =
        section.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).expect("the snippet exists").0;
    let folder = scratch("clippy_conf");
    fs::create_dir_all(&folder).expect("a folder can be made");
    fs::write(folder.join("clippy.toml"), snippet).expect("a file can be written");
    let mut clippy = cargo(&FIXTURES, "clippy");
    clippy.args(["--package", "exits", "--target-dir"]).arg(scratch("target")).env("CLIPPY_CONF_DIR", &folder);
    let messages = text(&output(&mut clippy).stderr);
    for call in ["exits/src/main.rs:5:", "exits/src/main.rs:11:"] {
        assert!(messages.contains(call), "{call}\n{messages}");
    }
    let reason = "skips the shutdown hooks: return from `main`, or call `on_shutdown::request_exit`";
    assert_eq!(messages.matches(reason).count(), 2, "only the calls of the program\n{messages}");
}
