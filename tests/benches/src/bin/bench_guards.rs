//! Measures what a request costs, in nanoseconds: the begin and end of work in flight, and checks of readiness and
//! draining, and the spawn of a task. Interleaves the cases, and prints a line `name TAB threads TAB nanoseconds` for each round.

use std::future::Future;
use std::future::ready;
use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::Instant;

use hyper_util::server::graceful::GracefulShutdown;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const TIMES: u32 = 100_000;

/// How many tasks are spawned before they run: few enough for the caches, many enough that a wake-up does not count.
const SPAWNED_AT_ONCE: u32 = 100;

/// All that is measured: what it does so many times, on one thread.
#[derive(Clone, Copy)]
enum Work {
    InFlight,
    TrackerToken,
    HyperWatcher,
    Atomic,
    IsReady,
    AtomicLoad,
    Draining,
    Cancelled,
}

const WORKS: [(Work, &str); 8] = [
    (Work::InFlight, "in_flight"),
    (Work::TrackerToken, "TaskTracker::token"),
    (Work::HyperWatcher, "GracefulShutdown::watcher"),
    (Work::Atomic, "an atomic up and down"),
    (Work::IsReady, "is_ready"),
    (Work::AtomicLoad, "an atomic load"),
    (Work::Draining, "draining"),
    (Work::Cancelled, "CancellationToken::cancelled"),
];

/// What is shared between threads.
#[derive(Default)]
struct Shared {
    tracker: TaskTracker,
    graceful: GracefulShutdown,
    count: AtomicUsize,
    ready: AtomicBool,
    token: CancellationToken,
}

/// How long the spawn and the run of one task take, on a runtime of this thread: by `main`, and by a task.
fn time_spawn(spawn: Spawn) -> [f64; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let metrics = runtime.metrics();
    // `others` is the number of tasks that are not counted.
    let spawn_all = async move |others: usize| {
        let tracker = TaskTracker::new();
        let begun = Instant::now();
        for _ in 0..TIMES / SPAWNED_AT_ONCE {
            (0..SPAWNED_AT_ONCE).for_each(|_| spawn(&tracker));
            while metrics.num_alive_tasks() > others {
                tokio::task::yield_now().await;
            }
        }
        begun.elapsed().as_nanos() as f64 / f64::from(TIMES)
    };
    let in_a_task = spawn_all.clone();
    let by_main = runtime.block_on(spawn_all(0));
    let by_task = runtime.block_on(async { tokio::spawn(async move { in_a_task(1).await }).await });
    [by_main, by_task.expect("it does not panic")]
}

/// Spawns a task that ends at once.
type Spawn = fn(&TaskTracker);

const SPAWNS: [(&str, Spawn); 4] = [
    ("spawn", |_| drop(on_shutdown::Task::new("job").may_end().spawn(|_draining| ready(())))),
    ("tokio::spawn and a guard", |_| {
        let guard = on_shutdown::in_flight("job");
        drop(tokio::spawn(async move {
            let () = ready(()).await;
            drop(guard);
        }));
    }),
    ("TaskTracker::spawn", |tracker| drop(tracker.spawn(ready(())))),
    ("tokio::spawn", |_| drop(tokio::spawn(ready(())))),
];

fn repeat(work: impl FnMut()) {
    let mut work = work;
    (0..TIMES).for_each(|_| work());
}

fn poll_often(future: impl Future<Output = ()>) {
    let (mut future, mut context) = (pin!(future), Context::from_waker(Waker::noop()));
    repeat(|| assert!(black_box(future.as_mut().poll(&mut context)).is_pending()));
}

impl Work {
    fn run(self, shared: &Shared) {
        match self {
            Self::InFlight => repeat(|| drop(black_box(on_shutdown::in_flight("request")))),
            Self::TrackerToken => repeat(|| drop(black_box(shared.tracker.token()))),
            Self::HyperWatcher => repeat(|| drop(black_box(shared.graceful.watcher()))),
            Self::Atomic => repeat(|| {
                black_box(shared.count.fetch_add(1, Ordering::Relaxed));
                black_box(shared.count.fetch_sub(1, Ordering::Release));
            }),
            Self::IsReady => repeat(|| assert!(black_box(on_shutdown::is_ready()))),
            Self::AtomicLoad => repeat(|| assert!(!black_box(shared.ready.load(Ordering::SeqCst)))),
            Self::Draining => poll_often(on_shutdown::draining()),
            Self::Cancelled => poll_often(shared.token.cancelled()),
        }
    }

    /// How long one takes while so many threads do it.
    fn time(self, shared: &Shared, threads: u32) -> f64 {
        let begun = Instant::now();
        thread::scope(|scope| {
            (1..threads).for_each(|_| drop(scope.spawn(|| self.run(shared))));
            self.run(shared);
        });
        begun.elapsed().as_nanos() as f64 / f64::from(TIMES)
    }
}

/// So many at once: what the making of each costs, and the drop.
fn held(count: usize) -> f64 {
    let begun = Instant::now();
    let guards: Vec<_> = (0..count).map(|_| on_shutdown::in_flight("request")).collect();
    drop(black_box(guards));
    begun.elapsed().as_nanos() as f64 / count as f64
}

fn main() {
    let rounds: usize = std::env::args().nth(1).map_or(1, |rounds| rounds.parse().expect("a number of rounds"));
    let shared = Shared::default();
    for round in 0..=rounds {
        // The first is the warm-up.
        let tell = |name: &str, threads: u32, nanos: f64| {
            if round > 0 {
                println!("{name}\t{threads}\t{nanos}");
            }
        };
        for (work, name) in WORKS {
            [1, 2].into_iter().for_each(|threads| tell(name, threads, work.time(&shared, threads)));
        }
        for (name, spawn) in SPAWNS {
            let [by_main, by_task] = time_spawn(spawn);
            tell(&format!("{name} by main"), 1, by_main);
            tell(&format!("{name} by a task"), 1, by_task);
        }
        tell("1,000 held", 1, held(1000));
        tell("100,000 held", 1, held(100_000));
    }
}
