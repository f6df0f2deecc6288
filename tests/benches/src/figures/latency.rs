//! Measures the time from the signal to the first hook and to the end of the process: idle, and with a busy thread on
//! each CPU.

use std::process::{Child, Command};

use serde_json::{Value, json};

use super::Effort;
use crate::contestants::{ALL, MANY, MULTI, SIGNAL_HOOK, SIGWAIT, SYNC, TOKIO};
use crate::life::{Contestant, Life, interleaved, path};
use crate::row::Row;
use crate::samples::Samples;

/// What one program does with one hook.
pub struct Everybody {
    pub title: &'static str,
    /// To the first hook.
    pub idle: Samples,
    pub loaded: Samples,
    pub reaped: Samples,
}

pub struct Latency {
    pub rows: Vec<Row>,
    pub everybody: Vec<Everybody>,
}

/// The lives of a run, found by program and number of hooks.
struct Run {
    entries: Vec<(Contestant, usize)>,
    lives: Vec<Vec<Life>>,
}

impl Run {
    fn of(entries: Vec<(Contestant, usize)>, rounds: usize) -> Result<Self, String> {
        let lives = interleaved(&entries, rounds)?;
        Ok(Self { entries, lives })
    }

    fn get(&self, wanted: Contestant, hooks: usize, moment: fn(&Life) -> u64) -> Samples {
        let same = |(entry, number): &(Contestant, usize)| entry.title == wanted.title && *number == hooks;
        let place = self.entries.iter().position(same).expect("it takes part");
        Samples::micros(self.lives[place].iter().map(moment))
    }

    /// The rows of one state of the machine.
    fn first_hook(&self, state: &str) -> Vec<Row> {
        let first = |contestant, hooks| self.get(contestant, hooks, |life| life.first);
        let row = |figure: &str, ours: Samples, theirs: Contestant, goal| {
            Row::ratio(&format!("signal → first hook, {state}{figure}"), &ours, (theirs.title, &first(theirs, 1)), goal)
        };
        vec![
            row("", first(SYNC, 1), SIGNAL_HOOK, Some(1.0)),
            row("", first(SYNC, 1), SIGWAIT, None),
            row(", async main", first(MULTI, 1), TOKIO, Some(0.6)),
            row(", 10,000 hooks", first(MANY, 10_000), SIGNAL_HOOK, Some(1.0)),
        ]
    }
}

/// A busy thread on each CPU, while this lives.
struct Load(Vec<Child>);

impl Load {
    fn new() -> Result<Self, String> {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        // Not by `current_exe`: the build may have put a new file in its place.
        let spin = || Command::new(path("benches")).arg("spin").spawn().map_err(|error| format!("benches: {error}"));
        (0..cpus).map(|_| spin()).collect::<Result<_, _>>().map(Self)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What the program is asked to be by [`Load`].
pub fn spin() -> ! {
    // Ends even if no other process is left to kill it.
    nix::unistd::alarm::set(600);
    loop {
        std::hint::spin_loop();
    }
}

pub fn measure(effort: Effort) -> Result<Latency, String> {
    let everybody = || ALL.into_iter().map(|contestant| (contestant, 1)).chain([(effort.many(), 10_000)]);
    let more = [10, 100].into_iter().flat_map(|hooks| [(MULTI, hooks), (TOKIO, hooks)]);
    let idle = Run::of(everybody().chain(more).collect(), effort.rounds(200))?;
    let load = Load::new()?;
    let loaded = Run::of(everybody().collect(), effort.rounds(60))?;
    drop(load);
    let mut rows = idle.first_hook("idle");
    rows.extend(loaded.first_hook("under load"));
    for (hooks, goal) in [(1, 0.85), (10, 0.9), (100, 1.0)] {
        let [ours, theirs] = [MULTI, TOKIO].map(|contestant| idle.get(contestant, hooks, |life| life.reaped));
        let figure = format!("signal → reaped, {hooks} trivial {}", if hooks == 1 { "hook" } else { "hooks" });
        rows.push(Row::ratio(&figure, &ours, (TOKIO.title, &theirs), Some(goal)));
    }
    let everybody = |contestant: Contestant| Everybody {
        title: contestant.title,
        idle: idle.get(contestant, 1, |life| life.first),
        loaded: loaded.get(contestant, 1, |life| life.first),
        reaped: idle.get(contestant, 1, |life| life.reaped),
    };
    Ok(Latency { rows, everybody: ALL.into_iter().map(everybody).collect() })
}

impl Everybody {
    pub fn json(&self) -> Value {
        let numbers = |samples: &Samples| json!([10, 50, 99].map(|percent| samples.percentile(percent)));
        json!({
            "program": self.title, "unit": self.idle.unit, "first hook, idle": numbers(&self.idle),
            "first hook, under load": numbers(&self.loaded), "reaped, idle": numbers(&self.reaped),
        })
    }
}

pub fn table(everybody: &[Everybody]) -> String {
    let head = "| program | signal → first hook, idle | under load | signal → reaped, idle |\n|---|---|---|---|\n";
    let line =
        |Everybody { title, idle, loaded, reaped }: &Everybody| format!("| {title} | {idle} | {loaded} | {reaped} |\n");
    everybody.iter().fold(head.to_owned(), |table, program| table + &line(program))
}
