//! Runs hundreds of random programs with random plans, faults and signals. Each is a real process in real time.
//!
//! `RANDOM_SEED=n` repeats one run. `RANDOM_RUNS=n` sets the number of runs.

use std::collections::BTreeMap;
use std::time::Duration;

use process::{Program, Signal};

/// Marsaglia's xorshift generator.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.below(from.len() as u64)).expect("small")]
    }
}

/// A kind of hook: its rank, its behavior, and the number of such hooks.
struct Kind {
    rank: (usize, i64),
    behavior: &'static str,
    count: u64,
}

const PHASES: [&str; 6] = ["deregister", "drain", "stop", "flush", "close", "finalize"];
const HEALTHY: [&str; 5] = ["ok", "nap", "async-ok", "async-nap", "block-on"];
const FAILING: [&str; 4] = ["fails", "panics", "async-panics", "panics-payload"];
const HANGING: [&str; 5] = ["sleeps", "spins", "async-awaits", "async-sleeps", "async-blocks-later"];

/// Uses every behavior at most once, so that a name in the trace identifies the hook.
fn kinds(dice: &mut Dice) -> Vec<Kind> {
    let all = HEALTHY.iter().chain(&FAILING).chain(&HANGING);
    let mut kinds = Vec::new();
    for behavior in all {
        let hangs = HANGING.contains(behavior);
        if dice.below(if hangs { 5 } else { 2 }) == 0 {
            let phase = dice.below(6) as usize;
            let priority = [-3, 0, 0, 8][dice.below(4) as usize];
            kinds.push(Kind { rank: (phase, -priority), behavior, count: 1 + dice.below(3) });
        }
    }
    kinds
}

fn play(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let kinds = kinds(&mut dice);
    let main = dice.pick(&["parks", "spins", "multi-thread", "current-thread", "multi-thread-blocked", "holds-stdout"]);
    let trace = std::env::temp_dir().join(format!("on-shutdown-random-{}-{seed}", std::process::id()));
    let mut program = Program::new(env!("CARGO_BIN_EXE_hostile"))
        .env("MAIN", main)
        .env("TRACE", &trace.display().to_string())
        .env("ON_SHUTDOWN_GRACE_PERIOD", "200s");
    for Kind { rank: (phase, priority), behavior, count } in &kinds {
        let timeout = if HANGING.contains(behavior) { 400 } else { 10_000 };
        program = program.arg(format!("{}:{}:{timeout}:{behavior}:{count}", PHASES[*phase], -priority));
    }
    let mut running = program.start();
    let first = [Signal::SIGTERM, Signal::SIGINT][dice.below(2) as usize];
    running.signal(first);
    for _ in 0..dice.below(4) {
        // Signals within a second of the first count as the same request.
        if running.lives() {
            let _ = nix::sys::signal::kill(running.pid(), [Signal::SIGTERM, Signal::SIGINT][dice.below(2) as usize]);
        }
    }
    let ended = running.wait();
    let trace_text = std::fs::read_to_string(&trace).unwrap_or_default();
    let _ = std::fs::remove_file(trace);
    let place: BTreeMap<&str, usize> = trace_text.lines().enumerate().map(|(at, line)| (line, at)).collect();
    let say = || format!("seed {seed}, {main}\n{trace_text}{ended}");

    let hangs = kinds.iter().any(|kind| HANGING.contains(&kind.behavior));
    let fails = kinds.iter().any(|kind| FAILING.contains(&kind.behavior));
    let code = if hangs {
        124
    } else if fails {
        70
    } else {
        0
    };
    assert_eq!(ended.code, Some(code), "{}", say());
    assert!(ended.took < Duration::from_secs(50), "{}", say());
    for kind in &kinds {
        for number in 0..kind.count {
            let name = format!("{}-{number}", kind.behavior);
            assert!(place.contains_key(&*format!("{name} began")), "{name} never began; {}", say());
            if HEALTHY.contains(&kind.behavior) {
                assert!(place.contains_key(&*format!("{name} ended")), "{name} never ended; {}", say());
            }
        }
    }
    // A hook of a later group begins after all hooks of earlier groups have ended, been dropped or been abandoned.
    for earlier in &kinds {
        for later in kinds.iter().filter(|later| later.rank > earlier.rank) {
            let began = (0..later.count).map(|number| place[&*format!("{}-{number} began", later.behavior)]).min();
            for number in 0..earlier.count {
                let name = format!("{}-{number}", earlier.behavior);
                // An abandoned hook may be dropped at any time.
                let gone = format!("{name} ");
                let cancelled = |line: &String| line.contains(&gone) && line.contains("timed out, cancelled");
                let words = if ended.err.iter().any(cancelled) {
                    &["began", "ended", "dropped"][..]
                } else {
                    &["began", "ended"]
                };
                for word in words {
                    let at = place.get(&*format!("{name} {word}")).copied();
                    assert!(at < began, "{name} {word} after {} began; {}", later.behavior, say());
                }
            }
        }
    }
}

#[test]
fn spec_3_7_random_programs_run_in_order_and_end_with_the_right_code() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("RANDOM_SEED") {
        return play(seed);
    }
    let runs = number("RANDOM_RUNS").unwrap_or(200);
    // The programs mostly wait, so several run at a time.
    std::thread::scope(|scope| {
        for lane in 0..8 {
            scope.spawn(move || (lane..runs).step_by(8).for_each(play));
        }
    });
}
