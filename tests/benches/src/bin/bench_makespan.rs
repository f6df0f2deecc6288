//! Runs 200 hooks that are `after` random others, by a seed. Prints the start and the end of each when all have ended.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use benches::child::{asked, now, ready, write};
use benches::graph::{Graph, HOOKS};
use on_shutdown::{HookSettings, Registration, register};

static STARTS: [AtomicU64; HOOKS] = [const { AtomicU64::new(0) }; HOOKS];
static ENDS: [AtomicU64; HOOKS] = [const { AtomicU64::new(0) }; HOOKS];

#[on_shutdown::on_shutdown(phase = finalize)]
fn tell() {
    let moments = STARTS.iter().zip(&ENDS).flat_map(|(start, end)| [start.load(Relaxed), end.load(Relaxed)]);
    write(&moments.collect::<Vec<u64>>());
}

fn make(graph: &Graph) {
    let mut made: Vec<Registration> = Vec::new();
    for (hook, length) in graph.lengths.iter().enumerate() {
        let length = Duration::from_millis(*length);
        let settings =
            graph.after[hook].iter().fold(HookSettings::new(), |settings, earlier| settings.after(&made[*earlier]));
        let body = async move |_| {
            STARTS[hook].store(now(), Relaxed);
            tokio::time::sleep(length).await;
            ENDS[hook].store(now(), Relaxed);
        };
        made.push(register("hook", settings, body).expect("it is early enough"));
    }
}

#[on_shutdown::main(grace_period = "30s")]
fn main() {
    let (seed, _) = asked();
    make(&Graph::random(seed.parse().expect("a seed")));
    ready();
    loop {
        std::thread::park();
    }
}
