//! Simulates the replacement of a fleet, and computes how long it takes and what load the registry gets.
//!
//! `surge` replicas more than wanted may exist, so many slots replace one after another: start the new one (it
//! registers when it is ready), then stop the old one (it deregisters at the signal, serves on for the drain delay,
//! finishes, and is gone at the latest when its grace is over).
//!
//! `cargo run -p benches --bin fleet` prints the tables of `docs/fleet.md`; with the path of a file it also draws
//! the curve into it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt::Write as _;

const REPLICAS: usize = 10_000;

/// All times in seconds.
#[derive(Clone, Copy)]
struct Rollout {
    surge: usize,
    /// From the start of a new replica until it is ready.
    start: f64,
    drain_delay: f64,
    /// What a request in flight takes at the longest, in all but few replicas.
    work: f64,
    /// Of a thousand replicas so many hang, and take all of their grace.
    hang: u64,
    grace: f64,
    /// Each waits a random time up to this before it deregisters.
    jitter: f64,
    /// Whether new ones come for those that go.
    replaces: bool,
}

const USUAL: Rollout = Rollout {
    surge: 2500,
    start: 10.0,
    drain_delay: 5.0,
    work: 2.0,
    hang: 10,
    grace: 30.0,
    jitter: 0.0,
    replaces: true,
};

struct Outcome {
    minutes: f64,
    /// Registrations and deregistrations in the busiest second, and in the mean.
    peak: usize,
    mean: f64,
}

/// Vigna's splitmix64, as a number from 0 to 1.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
    }
}

impl Rollout {
    /// Of one replica: how long after its signal it deregisters, and how long after it is gone.
    fn stop(self, random: &mut Random) -> (f64, f64) {
        let deregistered = random.next() * self.jitter;
        let hangs = random.next() * 1000.0 < self.hang as f64;
        let clean = deregistered + self.drain_delay + random.next() * self.work;
        (deregistered, if hangs { self.grace } else { clean.min(self.grace) })
    }

    fn run(self) -> Outcome {
        let mut random = Random(1);
        // When each slot of the surge is free again, in milliseconds: floats have no order.
        let mut free: BinaryHeap<Reverse<u64>> = (0..self.surge.clamp(1, REPLICAS)).map(|_| Reverse(0)).collect();
        let mut calls: Vec<u64> = Vec::new();
        let mut end = 0;
        for _ in 0..REPLICAS {
            let Some(Reverse(begin)) = free.pop() else { break };
            // The start of a process is never the same twice.
            let ready = begin + millis(self.start * (0.9 + 0.2 * random.next()));
            let (deregistered, gone) = self.stop(&mut random);
            calls.push(ready + millis(deregistered));
            calls.extend(self.replaces.then_some(ready));
            end = end.max(ready + millis(gone));
            free.push(Reverse(ready + millis(gone)));
        }
        let mut seconds = vec![0; usize::try_from(end / 1000).unwrap_or(0) + 1];
        calls.iter().for_each(|at| seconds[usize::try_from(at / 1000).unwrap_or(0)] += 1);
        let peak = seconds.iter().copied().max().unwrap_or(0);
        Outcome { minutes: end as f64 / 60_000.0, peak, mean: calls.len() as f64 / (end as f64 / 1000.0) }
    }
}

fn millis(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

fn table(title: &str, head: &str, rows: impl Iterator<Item = (String, Rollout)>) {
    println!(
        "\n{title}\n\n| {head} | minutes | calls to the registry: mean per second | in the busiest second |\n|---|---|---|---|"
    );
    for (name, rollout) in rows {
        let Outcome { minutes, peak, mean } = rollout.run();
        println!("| {name} | {minutes:.1} | {mean:.0} | {peak} |");
    }
}

/// Returns the position of a number of replicas in the picture, on a logarithmic scale. `y` does so for minutes.
fn x(surge: f64) -> f64 {
    70.0 + (surge / 50.0).ln() / 100.0_f64.ln() * 600.0
}

fn y(minutes: f64) -> f64 {
    380.0 - (minutes / 0.5).ln() / 1000.0_f64.ln() * 340.0
}

fn axes() -> String {
    let surges =
        [(50.0, "0.5 %"), (100.0, "1 %"), (500.0, "5 %"), (1000.0, "10 %"), (2500.0, "25 %"), (5000.0, "50 %")];
    let mut body = String::new();
    for (at, name) in surges.map(|(surge, name)| (x(surge), name)) {
        let line = format!(r##"<path d="M{at:.0} 40V380" stroke="#ddd"/>"##);
        let _ = writeln!(body, r#"{line}<text x="{at:.0}" y="396" text-anchor="middle">{name}</text>"#);
    }
    for minutes in [1.0, 3.0, 10.0, 30.0, 100.0, 300.0] {
        let at = y(minutes);
        let line = format!(r##"<path d="M70 {at:.0}H670" stroke="#ddd"/>"##);
        let _ = writeln!(body, r#"{line}<text x="62" y="{:.0}" text-anchor="end">{minutes} min</text>"#, at + 4.0);
    }
    body
}

/// Minutes over the surge, a line for each drain delay.
fn draw() -> String {
    let mut body = axes();
    for (drain_delay, color) in [(0.0, "#1f77b4"), (5.0, "#2ca02c"), (25.0, "#ff7f0e"), (120.0, "#d62728")] {
        let rollout = Rollout { drain_delay, grace: drain_delay + 25.0, ..USUAL };
        let at = |surge: f64| y(Rollout { surge: surge as usize, ..rollout }.run().minutes);
        let surges = (0..=40).map(|step| 50.0 * 100.0_f64.powf(f64::from(step) / 40.0));
        let points: Vec<String> = surges.map(|surge| format!("{:.1},{:.1}", x(surge), at(surge))).collect();
        let line =
            format!(r#"<polyline fill="none" stroke="{color}" stroke-width="2" points="{}"/>"#, points.join(" "));
        let name = format!(r#"<text x="676" y="{:.0}" fill="{color}">d = {drain_delay} s</text>"#, at(5000.0) + 4.0);
        let _ = writeln!(body, "{line}{name}");
    }
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 420" font-family="sans-serif" font-size="11">
<rect width="760" height="420" fill="white"/>
<text x="70" y="24" font-weight="bold">10,000 replicas rolled over: minutes over the surge, by drain delay d</text>
{body}</svg>
"#
    )
}

fn main() -> std::io::Result<()> {
    let grace_of = |drain_delay: f64| drain_delay + 25.0;
    let delays = [0.0, 5.0, 25.0, 120.0];
    table(
        "By drain delay d (surge 25 %):",
        "d",
        delays.into_iter().map(|drain_delay| {
            (format!("{drain_delay} s"), Rollout { drain_delay, grace: grace_of(drain_delay), ..USUAL })
        }),
    );
    table(
        "By surge s (d = 5 s):",
        "s",
        [100, 500, 1000, 2500, 10_000].into_iter().map(|surge| (format!("{surge}"), Rollout { surge, ..USUAL })),
    );
    let graces = [(10.0, 0), (10.0, 10), (30.0, 10), (90.0, 10), (300.0, 10), (300.0, 100)];
    table(
        "By grace g and by how many of a thousand hang (d = 5 s, surge 5 %):",
        "g",
        graces
            .into_iter()
            .map(|(grace, hang)| (format!("{grace} s, {hang} ‰ hang"), Rollout { grace, hang, surge: 500, ..USUAL })),
    );
    table(
        "By jitter before an instance deregisters (d = 5 s, surge 25 %):",
        "jitter",
        [0.0, 1.0, 5.0, 20.0].into_iter().map(|jitter| (format!("{jitter} s"), Rollout { jitter, ..USUAL })),
    );
    table(
        "The same when all are stopped at once (a cluster that goes down):",
        "jitter",
        [0.0, 1.0, 5.0, 20.0].into_iter().map(|jitter| {
            (format!("{jitter} s"), Rollout { jitter, surge: REPLICAS, start: 0.0, replaces: false, ..USUAL })
        }),
    );
    match std::env::args().nth(1) {
        Some(path) => std::fs::write(path, draw()),
        None => Ok(()),
    }
}
