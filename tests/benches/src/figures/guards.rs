//! Makes rows of the output of `bench_guards`: what a request costs.

use std::collections::HashMap;
use std::process::Command;

use super::Effort;
use crate::life::path;
use crate::row::Row;
use crate::samples::Samples;

struct Guards(HashMap<(String, u32), Vec<f64>>);

impl Guards {
    fn parse(text: &str) -> Option<Self> {
        let mut found: HashMap<_, Vec<f64>> = HashMap::new();
        for line in text.lines() {
            let mut words = line.split('\t');
            let key = (words.next()?.to_owned(), words.next()?.parse().ok()?);
            found.entry(key).or_default().push(words.next()?.parse().ok()?);
        }
        Some(Self(found))
    }

    fn get(&self, name: &str, threads: u32) -> Samples {
        let nanos = self.0.get(&(name.to_owned(), threads)).unwrap_or_else(|| panic!("{name}: not measured"));
        Samples::new(nanos.iter().copied(), "ns")
    }
}

pub fn measure(effort: Effort) -> Result<Vec<Row>, String> {
    let output = Command::new(path("bench_guards")).arg(effort.rounds(30).to_string()).output();
    let output = output.map_err(|error| format!("bench_guards: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let guards = Guards::parse(&text).ok_or_else(|| format!("bench_guards said: {text}"))?;
    let row = |figure: &str, threads, ours: &str, theirs: &str, goal| {
        Row::ratio(figure, &guards.get(ours, threads), (theirs, &guards.get(theirs, threads)), goal)
    };
    let spawned = |by: &str, theirs: &str, goal| {
        let (ours, other) = (guards.get(&format!("spawn by {by}"), 1), guards.get(&format!("{theirs} by {by}"), 1));
        Row::ratio(&format!("a task spawned by {by}, and run"), &ours, (theirs, &other), goal)
    };
    let (one, two) = ("a guard made and dropped, 1 thread", "a guard made and dropped, 2 threads");
    Ok(vec![
        row(one, 1, "in_flight", "TaskTracker::token", Some(1.2)),
        row(two, 2, "in_flight", "TaskTracker::token", Some(1.0)),
        row(one, 1, "in_flight", "GracefulShutdown::watcher", None),
        row(one, 1, "in_flight", "an atomic up and down", None),
        row("`draining()` polled", 1, "draining", "CancellationToken::cancelled", None),
        row("`is_ready()`", 1, "is_ready", "an atomic load", Some(1.0)),
        spawned("a task", "tokio::spawn and a guard", Some(1.1)),
        spawned("main", "tokio::spawn and a guard", Some(1.1)),
        spawned("a task", "TaskTracker::spawn", None),
        spawned("a task", "tokio::spawn", None),
        row("one of 100,000 guards held at once", 1, "100,000 held", "1,000 held", None),
    ])
}
