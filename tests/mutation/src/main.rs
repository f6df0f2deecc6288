//! Measures the tests with a random sample of small changes of `macros/src` and `runtime/src`.
//!
//! `cargo run --release -p mutation -- --seed 1 --count 200`
//!
//! All changes are compiled into one copy of the tree, each behind a check of the variable `MUTANT`. So the tests are
//! built once, and a test runs with a change as fast as without. The copy and its build are in `target/mutation`.
//! `--again` runs the tests a second time for changes that survived an earlier run.

mod attributes;
mod candidates;
mod executables;
mod reach;
mod results;
mod returns;
mod rewrite;
mod sample;
mod sources;
mod tree;
mod trial;

use std::time::Instant;
use std::{env, fs, process};

use results::Results;
use sample::Sample;
use tree::Folders;
use trial::Verdict;

/// The result of a step. Its error ends the measurement.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct Settings {
    seed: u64,
    count: usize,
    again: bool,
    /// Only draws the sample, and prints it.
    list: bool,
}

fn main() {
    if let Err(error) = settings().and_then(|settings| measure(&settings)) {
        eprintln!("{error}");
        process::exit(2);
    }
}

fn settings() -> Result<Settings> {
    let mut settings = Settings { seed: 1, count: 200, again: false, list: false };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a number"));
        match argument.as_str() {
            "--seed" => settings.seed = value()?.parse()?,
            "--count" => settings.count = value()?.parse()?,
            "--again" => settings.again = true,
            "--list" => settings.list = true,
            _ => return Err(format!("unknown: {argument}; known: --seed N, --count N, --again, --list").into()),
        }
    }
    Ok(settings)
}

fn measure(settings: &Settings) -> Result<()> {
    let folders = Folders::find();
    fs::create_dir_all(&folders.work)?;
    let sample = sample::draw(&folders, settings.seed, settings.count)?;
    println!("{} of {} possible changes", sample.changes.len(), sample.possible);
    if settings.list {
        for (id, change) in sample.changes.iter().enumerate() {
            println!("{}", results::line(id, change, &Verdict::Survived(String::new()), 0));
        }
        return Ok(());
    }
    let executables = executables::build(&folders)?;
    let reaches = reach::record(&folders, executables)?;
    let path = folders.work.join(format!("results-{}.tsv", settings.seed));
    let results = Results::open(path, settings.again);
    run_sample(&folders, &sample, &reaches, results)
}

/// Runs the tests for every change that has no verdict yet, and prints the figure.
fn run_sample(folders: &Folders, sample: &Sample, reaches: &[reach::Reach], mut results: Results) -> Result<()> {
    let mut survivors = Vec::new();
    for (id, change) in sample.changes.iter().enumerate() {
        let began = Instant::now();
        if results.get(change).is_none() {
            results.add(change, trial::run_tests(folders, id, change, reaches)?)?;
        }
        let Some(verdict) = results.get(change) else { continue };
        let line = results::line(id, change, verdict, began.elapsed().as_secs());
        println!("{line}");
        if matches!(verdict, Verdict::Survived(_)) {
            survivors.push(line);
        }
    }
    let (all, survived) = (sample.changes.len(), survivors.len());
    println!("killed {} of {all} ({} %)", all - survived, 100 * (all - survived) / all.max(1));
    survivors.iter().for_each(|line| println!("{line}"));
    Ok(())
}
