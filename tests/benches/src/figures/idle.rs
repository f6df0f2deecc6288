//! Measures what an idle program costs, from `/proc`: threads, memory and wake-ups.

use std::fs;
use std::time::Duration;

use super::Effort;
use crate::contestants::{MULTI_ASYNC, TOKIO_BARE};
use crate::life::Started;
use crate::row::Row;
use crate::samples::Samples;

struct Cost {
    kib: f64,
    anonymous: f64,
    threads: f64,
    wake_ups: f64,
}

/// The numbers of a line `name: number` of a file of `/proc`, added up over the files.
fn sum(files: &[String], name: &str) -> f64 {
    let numbers = files.iter().flat_map(|file| file.lines()).filter_map(|line| line.strip_prefix(name));
    numbers.filter_map(|rest| rest.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok()).sum()
}

fn tasks(pid: u32) -> Vec<String> {
    let folders = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    folders.filter_map(|folder| fs::read_to_string(folder.path().join("status")).ok()).collect()
}

fn look(started: &[Started], idle: Duration) -> Vec<Cost> {
    let switches = |started: &Started| sum(&tasks(started.pid()), "voluntary_ctxt_switches");
    // It has just said that it is ready.
    std::thread::sleep(Duration::from_millis(100));
    let before: Vec<f64> = started.iter().map(switches).collect();
    std::thread::sleep(idle);
    let cost = |(started, before): (&Started, f64)| {
        let status = [fs::read_to_string(format!("/proc/{}/status", started.pid())).unwrap_or_default()];
        Cost {
            kib: sum(&status, "VmRSS"),
            anonymous: sum(&status, "RssAnon"),
            threads: sum(&status, "Threads"),
            wake_ups: switches(started) - before,
        }
    };
    started.iter().zip(before).map(cost).collect()
}

pub fn measure(effort: Effort) -> Result<Vec<Row>, String> {
    let (instances, idle) = match effort {
        Effort::Smoke => (1, Duration::from_millis(100)),
        Effort::Full => (5, Duration::from_secs(5)),
    };
    let start = |contestant: crate::life::Contestant| (0..instances).map(move |_| contestant.start(1));
    let started: Vec<Started> = start(MULTI_ASYNC).chain(start(TOKIO_BARE)).collect::<Result<_, _>>()?;
    let costs = look(&started, idle);
    let row = |figure: &str, unit, number: fn(&Cost) -> f64, goal| {
        let (ours, bare) = costs.split_at(instances);
        let [ours, bare] = [ours, bare].map(|costs| Samples::new(costs.iter().map(number), unit));
        let against = format!("{}: {bare}", TOKIO_BARE.title);
        Row::number(figure, ours.median() - bare.median(), unit, (&ours.to_string(), &against), goal)
    };
    Ok(vec![
        row("idle: resident memory, added", "KiB", |cost| cost.kib, Some(300.0)),
        row("idle: of that not backed by the program's file", "KiB", |cost| cost.anonymous, None),
        row("idle: threads, added", "threads", |cost| cost.threads, Some(1.0)),
        row("idle: wake-ups in 5 s, added", "wake-ups", |cost| cost.wake_ups, Some(0.0)),
    ])
}
