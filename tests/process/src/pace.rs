//! Measures how late a busy machine wakes sleeping threads, and repeats a scenario if the machine was too late.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long the measuring thread sleeps each time.
const NAP: Duration = Duration::from_millis(20);

/// If a machine wakes threads later than this, no program can keep its times.
const LATE: Duration = Duration::from_millis(700);

/// Maximum number of times that a scenario runs on a machine that is late.
const TRIES: usize = 4;

/// Runs the scenario. Runs it again if the machine woke a thread that only sleeps too late meanwhile.
pub fn on_a_machine_that_keeps_time<T>(scenario: impl Fn() -> T) -> T {
    on_a_machine_that_wakes_within(LATE, &scenario).unwrap_or_else(scenario)
}

/// Does the same for a scenario of which a part has less time. Returns `None` if the machine was later than `late` each time.
pub fn on_a_machine_that_wakes_within<T>(late: Duration, scenario: impl Fn() -> T) -> Option<T> {
    for _ in 1..TRIES {
        let pace = Pace::watch();
        let result = scenario();
        let latest = pace.latest();
        if latest < late {
            return Some(result);
        }
        eprintln!("repeated: the machine woke a sleeping thread {latest:?} late");
    }
    None
}

/// A timer that counts only while this process runs. A virtual machine was once suspended for 54 s while its clock
/// continued. No program could end in that time.
pub(crate) struct Countdown {
    left: Duration,
    looked: Instant,
}

impl Countdown {
    pub(crate) fn new(left: Duration) -> Self {
        Self { left, looked: Instant::now() }
    }

    /// Call it repeatedly.
    pub(crate) fn is_over(&mut self) -> bool {
        let elapsed = self.looked.elapsed();
        self.looked += elapsed;
        self.left = self.left.saturating_sub(elapsed.min(LATE));
        self.left.is_zero()
    }
}

struct Pace {
    over: Arc<AtomicBool>,
    watcher: JoinHandle<Duration>,
}

impl Pace {
    fn watch() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&over);
        let watcher = thread::spawn(move || {
            let mut latest = Duration::ZERO;
            while !seen.load(Ordering::SeqCst) {
                let begin = Instant::now();
                thread::sleep(NAP);
                latest = latest.max(begin.elapsed().saturating_sub(NAP));
            }
            latest
        });
        Self { over, watcher }
    }

    fn latest(self) -> Duration {
        self.over.store(true, Ordering::SeqCst);
        self.watcher.join().expect("it only sleeps")
    }
}
