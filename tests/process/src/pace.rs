//! A busy machine in, how late it wakes a thread that sleeps out: a scenario whose times mean something needs one that
//! keeps time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long it sleeps, again and again.
const NAP: Duration = Duration::from_millis(20);

/// A machine that wakes threads later than this lets no program look after anything in time.
const LATE: Duration = Duration::from_millis(700);

/// So often a scenario is repeated on a machine that is late.
const TRIES: usize = 4;

/// Runs the scenario; again where the machine itself was late meanwhile, seen by a thread that does nothing but sleep.
pub fn on_a_machine_that_keeps_time<T>(scenario: impl Fn() -> T) -> T {
    for _ in 1..TRIES {
        let pace = Pace::watch();
        let result = scenario();
        let latest = pace.latest();
        if latest < LATE {
            return result;
        }
        eprintln!("repeated: the machine woke a sleeping thread {latest:?} late");
    }
    scenario()
}

/// A time that runs out only while this process is looking: a whole machine that was suspended (seen: a virtual one, for
/// 54 s, its clock going on) has given nobody a chance to end.
pub(crate) struct Patience {
    left: Duration,
    looked: Instant,
}

impl Patience {
    pub(crate) fn new(left: Duration) -> Self {
        Self { left, looked: Instant::now() }
    }

    /// Asked again and again.
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
