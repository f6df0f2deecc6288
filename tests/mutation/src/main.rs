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

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::{env, fs, process, thread};

use candidates::Candidate;
use reach::Reach;
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
    /// Continues with the copy of an earlier run, also if the sources have changed since.
    keep: bool,
    /// How many changes run at the same time.
    jobs: usize,
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
    let mut settings = Settings { seed: 1, count: 200, again: false, keep: false, jobs: 1, list: false };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a number"));
        match argument.as_str() {
            "--seed" => settings.seed = value()?.parse()?,
            "--count" => settings.count = value()?.parse()?,
            "--jobs" => settings.jobs = value()?.parse()?,
            "--keep" => settings.keep = true,
            "--again" => settings.again = true,
            "--list" => settings.list = true,
            _ => {
                return Err(format!(
                    "unknown: {argument}; known: --seed N, --count N, --jobs N, --keep, --again, --list"
                )
                .into());
            }
        }
    }
    Ok(settings)
}

fn measure(settings: &Settings) -> Result<()> {
    let folders = Folders::find();
    fs::create_dir_all(&folders.work)?;
    let sample = sample::draw(&folders, settings.seed, settings.count, settings.keep)?;
    println!("{} of {} possible changes", sample.changes.len(), sample.possible);
    if settings.list {
        for (id, change) in sample.changes.iter().enumerate() {
            println!("{}", results::line(id, change, &Verdict::Survived(String::new())));
        }
        return Ok(());
    }
    let executables = executables::build(&folders)?;
    let reaches = reach::record(&folders, executables)?;
    run_sample(&folders, &sample, &reaches, settings)
}

/// Runs the tests for every change that has no verdict yet, and prints the figure.
fn run_sample(folders: &Folders, sample: &Sample, reaches: &[Reach], settings: &Settings) -> Result<()> {
    let path = folders.work.join(format!("results-{}.tsv", settings.seed));
    let results = Mutex::new(Results::open(path, settings.again));
    let next = AtomicUsize::new(0);
    let work = || -> std::result::Result<(), String> {
        while let Some((id, change)) = take(&next, sample) {
            try_one(folders, id, change, reaches, &results).map_err(|error| error.to_string())?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let jobs: Vec<_> = (0..settings.jobs).map(|_| scope.spawn(work)).collect();
        jobs.into_iter().try_for_each(|job| job.join().unwrap_or_else(|_| Err("a job panicked".to_owned())))
    })?;
    print_figure(sample, &lock(&results));
    Ok(())
}

fn take<'a>(next: &AtomicUsize, sample: &'a Sample) -> Option<(usize, &'a Candidate)> {
    let id = next.fetch_add(1, Ordering::Relaxed);
    Some((id, sample.changes.get(id)?))
}

fn try_one(
    folders: &Folders,
    id: usize,
    change: &Candidate,
    reaches: &[Reach],
    results: &Mutex<Results>,
) -> Result<()> {
    if lock(results).get(change).is_some() {
        return Ok(());
    }
    let began = Instant::now();
    let verdict = trial::run_tests(folders, id, change, reaches)?;
    println!("{:5} s  {}", began.elapsed().as_secs(), results::line(id, change, &verdict));
    lock(results).add(change, verdict)
}

fn lock(results: &Mutex<Results>) -> MutexGuard<'_, Results> {
    results.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints the share of the changes that the tests found, and the others.
fn print_figure(sample: &Sample, results: &Results) {
    let mut survivors = Vec::new();
    for (id, change) in sample.changes.iter().enumerate() {
        match results.get(change) {
            Some(verdict @ Verdict::Survived(_)) => survivors.push(results::line(id, change, verdict)),
            Some(Verdict::Killed(_)) | None => {}
        }
    }
    let (all, survived) = (sample.changes.len(), survivors.len());
    println!("killed {} of {all} ({} %)", all - survived, 100 * (all - survived) / all.max(1));
    survivors.iter().for_each(|line| println!("{line}"));
}
