//! Starts a thread and a child from its subscriber and its recorder. A hook lists every thread of the process with the
//! signals that it blocks. `main` blocks SIGUSR1 before or after the install, as `BLOCKS` says.

use std::process::Command;
use std::sync::Once;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use nix::sys::signal::{SigSet, Signal};
use on_shutdown::{HookSettings, Phase, Settings, register_sync};
use telemetry::{async_hook, say, sync_hook, work_for_ever};
use tracing::Event;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Returns the signals that a thread blocks, from its `status` file.
fn blocked(status: &str) -> String {
    let line = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    line.expect("Linux tells it").trim().to_owned()
}

fn of_this_thread() -> String {
    blocked(&std::fs::read_to_string("/proc/thread-self/status").expect("Linux has it"))
}

/// Does what an exporter does: it starts threads and processes.
fn spawn_from(place: &str) {
    let thread = std::thread::spawn(of_this_thread).join().expect("no panic");
    let child = Command::new("cat").arg("/proc/self/status").output().expect("a child");
    let child = blocked(&String::from_utf8_lossy(&child.stdout));
    say(&format!("{place}: itself {} thread {thread} child {child}", of_this_thread()));
}

struct Spawning;

static SUBSCRIBER: Once = Once::new();
static RECORDER: Once = Once::new();

impl<S: tracing::Subscriber> Layer<S> for Spawning {
    fn on_event(&self, _event: &Event<'_>, _context: Context<'_, S>) {
        SUBSCRIBER.call_once(|| spawn_from("subscriber"));
    }
}

impl Recorder for Spawning {
    fn describe_counter(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}
    fn describe_gauge(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}
    fn describe_histogram(&self, _key: KeyName, _unit: Option<Unit>, _description: SharedString) {}

    fn register_counter(&self, _key: &Key, _metadata: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        RECORDER.call_once(|| spawn_from("recorder"));
        Gauge::noop()
    }

    fn register_histogram(&self, _key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

fn list_threads(when: &str) {
    for task in std::fs::read_dir("/proc/self/task").expect("Linux has it").map_while(Result::ok) {
        let name = std::fs::read_to_string(task.path().join("comm"));
        let status = std::fs::read_to_string(task.path().join("status"));
        // A thread may end meanwhile.
        if let (Ok(name), Ok(status)) = (name, status) {
            say(&format!("{when}: task {} blocks {}", name.trim(), blocked(&status)));
        }
    }
}

fn block_usr1() -> SigSet {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGUSR1);
    signals.thread_block().expect("it can be blocked");
    signals
}

fn main() {
    let blocks = std::env::var("BLOCKS").unwrap_or_default();
    if blocks == "before" {
        block_usr1();
    }
    sync_hook("stops", Phase::Stop);
    async_hook("closes", Phase::Close);
    let lists = |_| {
        // The shutdown does not wait for a slow subscriber. On a busy machine, starting a child is slow.
        while !(SUBSCRIBER.is_completed() && RECORDER.is_completed()) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        list_threads("hook");
        spawn_from("hook");
        Ok::<(), String>(())
    };
    register_sync("lists", HookSettings::new().phase(Phase::Flush), lists).expect("it is early enough");
    let _guard = Settings::new().install().expect("the settings are right");
    tracing_subscriber::registry().with(Spawning).init();
    metrics::set_global_recorder(Spawning).expect("the only one");
    if blocks == "after" {
        // Blocked, so that this thread can wait for the signal. A thread that received it instead would end the
        // process.
        let signals = block_usr1();
        for _ in 0..100 {
            nix::sys::signal::kill(nix::unistd::Pid::this(), Signal::SIGUSR1).expect("the process lives");
            signals.wait().expect("it has come");
        }
    }
    wait_until_idle();
    list_threads("idle");
    work_for_ever()
}

/// The threads of the shutdown set their masks themselves. `shutdown-watch` sets none before the shutdown.
fn wait_until_idle() {
    let term = 1 << (Signal::SIGTERM as i32 - 1);
    let takes_term = |name: &str| {
        let tasks = std::fs::read_dir("/proc/self/task").expect("Linux has it").map_while(Result::ok);
        let texts = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok());
        let ours = texts.filter(|status| status.lines().next() == Some(&format!("Name:\t{name:.15}")));
        let masks = ours.map(|status| u64::from_str_radix(&blocked(&status), 16).expect("a mask"));
        masks.filter(|mask| mask & term == 0).count() == 1
    };
    while !["shutdown", "shutdown-telemetry"].into_iter().all(takes_term) {
        std::thread::yield_now();
    }
}
