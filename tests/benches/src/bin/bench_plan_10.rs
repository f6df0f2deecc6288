//! Computes the plan of ten hooks for callgrind. With the argument `guard`, begins and ends work in flight instead; with
//! `spawn` or `tokio-spawn`, spawns tasks and runs them.

use std::future::ready;
use std::hint::black_box;

benches::hooks!(10);

/// Looked at by callgrind as a whole: many times, so that the first one does not count.
const TIMES: usize = 1000;

/// Spawns this many tasks, which end at once, and runs them.
#[inline(always)]
fn run_tasks(spawn: impl Fn()) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        (0..TIMES).for_each(|_| spawn());
        while runtime.metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    });
}

#[inline(never)]
fn measured(what: &str) {
    match what {
        "guard" => (0..TIMES).for_each(|_| drop(black_box(on_shutdown::in_flight("request")))),
        "spawn" => run_tasks(|| drop(on_shutdown::Task::new("job").may_end().spawn(|_draining| ready(())))),
        "tokio-spawn" => run_tasks(|| {
            let guard = on_shutdown::in_flight("job");
            drop(tokio::spawn(async move {
                let () = ready(()).await;
                drop(guard);
            }));
        }),
        _ => drop(black_box(on_shutdown::Settings::new().plan().expect("a plan"))),
    }
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    measured(black_box(&what));
}
