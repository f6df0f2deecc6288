//! Measures everything (`cargo run --release -p benches`), and writes a table, JSON and a picture.
//!
//! Without an argument, it builds what it needs, measures for two minutes or more, and writes to `target/benches`.
//! `docs` also writes into the documentation. The name of a kind of figures (`guards`) limits the measurement to that
//! kind. `smoke` only checks that everything works, with the existing programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde_json::json;

use figures::{Effort, Figures};
use row::{Row, Verdict};

mod contestants;
mod figures;
mod life;
mod machine;
mod picture;
mod row;
mod samples;

/// The table's place in the page.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/benchmarks.md");
const BEGIN: &str = "<!-- made by `cargo run --release -p benches -- docs`: begin -->\n";
const END: &str = "<!-- end -->";

fn build() -> Result<(), String> {
    let words = ["build", "--release", "-p", "benches", "--bins", "--features", "many"];
    let status = Command::new(env!("CARGO")).args(words).current_dir(env!("CARGO_MANIFEST_DIR")).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo build: {status}")),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

/// Where cargo has put the programs.
fn programs() -> PathBuf {
    life::path("").components().as_path().to_owned()
}

/// Returns the folder of the results, next to the programs.
fn folder() -> PathBuf {
    programs().with_file_name("benches")
}

fn instructions() -> Result<Vec<Row>, String> {
    let built = benches::instructions::build(&folder().join("one-piece"))?;
    let counted = benches::instructions::count(&built)?;
    let row = |(name, number): (&str, u64)| {
        let figure = format!("{name}, by callgrind");
        Row::number(&figure, number as f64, "instructions", (&number.to_string(), ""), None)
    };
    Ok(counted.into_iter().map(row).collect())
}

fn page(machine: &str, Figures { rows, everybody }: &Figures) -> String {
    let missed: Vec<&str> = rows.iter().filter(|row| row.verdict() == Verdict::Missed).map(Row::figure).collect();
    let goals = rows.iter().filter(|row| row.goal.is_some()).count();
    format!(
        "{machine}\n\n{}\n{} of {goals} goals are met; missed: {}\n\nAll contestants with one trivial hook:\n\n{}",
        row::table(rows),
        goals - missed.len(),
        if missed.is_empty() { "none".to_owned() } else { missed.join("; ") },
        figures::latency::table(everybody),
    )
}

fn write(folder: &Path, machine: &str, figures: &Figures) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let rows: Vec<_> = figures.rows.iter().map(Row::json).collect();
    let everybody: Vec<_> = figures.everybody.iter().map(figures::latency::Everybody::json).collect();
    let json = json!({ "machine": machine, "rows": rows, "everybody": everybody });
    fs::write(folder.join("benchmarks.json"), format!("{json:#}\n"))?;
    fs::write(folder.join("benchmarks.svg"), picture::draw(machine, figures))?;
    println!("\nwritten: {}/benchmarks.json and benchmarks.svg", folder.display());
    Ok(())
}

fn write_docs(machine: &str, figures: &Figures) -> std::io::Result<()> {
    let text = fs::read_to_string(PAGE)?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| std::io::Error::other("the page has no place for the table"))?;
    fs::write(PAGE, format!("{before}{BEGIN}{}{END}{after}", page(machine, figures)))?;
    write(Path::new(PAGE).parent().unwrap_or(Path::new(".")), machine, figures)
}

fn run(word: &str) -> Result<(), String> {
    let effort = if word == "smoke" { Effort::Smoke } else { Effort::Full };
    if effort == Effort::Full {
        build()?;
    }
    let machine = machine::describe();
    let mut figures = figures::measure(effort)?;
    if effort == Effort::Full {
        figures.rows.extend(instructions()?);
    }
    println!("{}", page(&machine, &figures));
    println!("Hooks that hang: docs/worst-day.md, measured by `cargo test -p peers`.");
    write(&folder(), &machine, &figures).map_err(|error| error.to_string())?;
    if word == "docs" { write_docs(&machine, &figures).map_err(|error| format!("{PAGE}: {error}")) } else { Ok(()) }
}

fn run_one(word: &str) -> Result<(), String> {
    let kinds = || figures::KINDS.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let kind = figures::KINDS.iter().find(|(name, _)| *name == word);
    let (_, measure) =
        kind.ok_or_else(|| format!("{word}: unknown; nothing, `docs`, `smoke`, or one kind of {}", kinds()))?;
    build()?;
    println!("{}\n\n{}", machine::describe(), row::table(&measure(Effort::Full)?));
    Ok(())
}

fn main() -> ExitCode {
    let word = std::env::args().nth(1).unwrap_or_default();
    let result = match &*word {
        "spin" => figures::latency::spin(),
        "" | "docs" | "smoke" => run(&word),
        kind => run_one(kind),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
