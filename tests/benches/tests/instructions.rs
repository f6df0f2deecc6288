//! Tests the instruction counts of deterministic code, so that a regression shows even on a noisy machine.
//!
//! `UPDATE_FIGURES=1` writes the counts again. They belong to one compiler. With another one, the test only prints
//! them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use benches::instructions::{build, count};

const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");
/// In percent: allocator and C library differ a little between machines.
const GROWTH: u64 = 10;
/// In percent: by how much a task may exceed `tokio::spawn` with a guard.
const TASK_GROWTH: u64 = 15;

fn compiler() -> String {
    let output = Command::new("rustc").arg("-V").output().expect("rustc is there");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The line `name: number` of the committed file.
fn committed(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.parse().ok())
}

#[test]
fn no_count_has_grown() {
    // Of its own: the build of these tests may hold the lock of the other.
    let target = Path::new(env!("CARGO_BIN_EXE_bench_plan_10")).ancestors().nth(2).unwrap().join("benches/target");
    let built = build(&target).unwrap_or_else(|error| panic!("{error}"));
    let counted = count(&built).unwrap_or_else(|error| panic!("{error}"));
    let compiler = compiler();
    if std::env::var_os("UPDATE_FIGURES").is_some() {
        let mut text = format!("{compiler}\n");
        counted.iter().for_each(|(name, number)| writeln!(text, "{name}: {number}").unwrap());
        std::fs::write(FIGURES, text).unwrap();
    }
    let of = |wanted: &str| counted.iter().find(|(name, _)| *name == wanted).map(|(_, number)| *number);
    let (ours, tokios) = of("a task spawned, and run").zip(of("the same by tokio::spawn with a guard")).expect("both");
    println!("a task: {:.3} x tokio::spawn with a guard", ours as f64 / tokios as f64);
    // The goal is 1.1, and allocators differ. Of any compiler, because both are built alike.
    assert!(ours * 100 <= tokios * (100 + TASK_GROWTH), "a task is much more than tokio::spawn with a guard");
    let text = std::fs::read_to_string(FIGURES).expect(FIGURES);
    let same_compiler = text.lines().next() == Some(&*compiler);
    let mut grown = Vec::new();
    for (name, number) in counted {
        let before = committed(&text, name).unwrap_or_else(|| panic!("no figure for {name} in {FIGURES}"));
        println!("{name}: {number} instructions, {before} committed");
        if number * 100 > before * (100 + GROWTH) {
            grown.push(format!("{name}: {before} before, {number} now"));
        }
    }
    if same_compiler {
        assert!(
            grown.is_empty(),
            "more than {GROWTH} % more instructions: {grown:?}; if that has to be, UPDATE_FIGURES=1"
        );
    } else {
        println!(
            "not compared: this is {compiler}, the figures are of {}",
            text.lines().next().unwrap_or("an unknown compiler")
        );
    }
}
