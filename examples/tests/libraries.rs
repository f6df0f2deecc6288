//! Compares docs/libraries.md with cargo's list of dependencies and with a printed plan.

use std::collections::BTreeSet;
use std::io;
use std::process::Command;

const PAGE: &str = include_str!("../../docs/libraries.md");

/// Returns the crates that on-shutdown brings to a library without default features.
fn crates() -> io::Result<BTreeSet<String>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    cargo.args(["tree", "--locked", "--package", "on-shutdown", "--no-default-features", "--edges", "normal"]);
    cargo.args(["--prefix", "none", "--format", "{p}", "--target", "x86_64-unknown-linux-gnu"]);
    let output = cargo.output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    Ok(names.filter(|name| !name.starts_with("on-shutdown")).map(str::to_owned).collect())
}

#[test]
fn the_crates_that_a_library_adds_are_those_of_the_page() {
    let list =
        PAGE.split_once("<!-- counted: begin -->").and_then(|(_, rest)| rest.split_once("<!-- counted: end -->"));
    let list = list.expect("the list is between its marks").0;
    let said: BTreeSet<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
    let crates = crates().expect("cargo runs");
    assert_eq!(said, crates, "write the new list into docs/libraries.md");
    let sentence = format!("adds {} crates in addition to `on-shutdown` and `on-shutdown-macros`", crates.len());
    assert!(PAGE.contains(&sentence), "docs/libraries.md should say: {sentence}");
}

#[test]
fn the_plan_of_the_page_is_the_one_that_the_example_prints() {
    let plan = process::Program::new(env!("CARGO_BIN_EXE_11_dependency")).env("ON_SHUTDOWN", "plan").run();
    // Three of hooks, and one that says which of them time is kept for.
    let lines = plan.out.iter().filter(|line| line.contains("::"));
    assert_eq!(lines.clone().count(), 4, "{plan}");
    for line in lines {
        assert!(PAGE.contains(line.as_str()), "docs/libraries.md should have the line\n{line}");
    }
}
