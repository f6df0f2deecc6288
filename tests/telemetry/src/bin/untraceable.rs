//! Sets a `tracing` subscriber that blocks for ever, panics or is slow. The environment says in which call. There are
//! `HOOKS` hooks of each kind.
//!
//! `WHERE` is `event`, `new_span`, `enter`, `exit`, `record` or `close`, and applies to the events of the shutdown.
//! `FROM` is the number of the first bad call, from 1. `HOW` is `block`, `panic`, `slow`, `lock` (main holds the lock)
//! or `pipe` (a full pipe that no process reads).

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use on_shutdown::{HookSettings, Phase, Settings, register_sync};
use telemetry::{async_hook, say, sync_hook, work_for_ever};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

static LOCK: Mutex<()> = Mutex::new(());

struct Hostile {
    place: String,
    from: usize,
    how: String,
    seen: AtomicUsize,
    pipe: std::io::PipeWriter,
}

impl Hostile {
    fn reach(&self, place: &str) {
        if place != self.place || self.seen.fetch_add(1, Ordering::SeqCst) + 1 < self.from {
            return;
        }
        if self.how != "slow" {
            say(&format!("{} in {place}", self.how));
        }
        match self.how.as_str() {
            "block" => loop {
                std::thread::park();
            },
            "slow" => std::thread::sleep(std::time::Duration::from_millis(5)),
            "lock" => drop(LOCK.lock()),
            "pipe" => loop {
                (&self.pipe).write_all(&[0; 4096]).expect("the reader lives");
            },
            _ => panic!("the subscriber panics"),
        }
    }
}

/// Prints the message of an event.
struct Heard;

impl Visit for Heard {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            say(&format!("heard: {value:?}"));
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Hostile {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        self.reach("event");
        event.record(&mut Heard);
    }

    fn on_new_span(&self, _attributes: &Attributes<'_>, _id: &Id, _context: Context<'_, S>) {
        self.reach("new_span");
    }

    fn on_enter(&self, _id: &Id, _context: Context<'_, S>) {
        self.reach("enter");
    }

    fn on_exit(&self, _id: &Id, _context: Context<'_, S>) {
        self.reach("exit");
    }

    fn on_record(&self, _id: &Id, _values: &Record<'_>, _context: Context<'_, S>) {
        self.reach("record");
    }

    fn on_close(&self, _id: Id, _context: Context<'_, S>) {
        self.reach("close");
    }
}

fn main() {
    let variable = |name| std::env::var(name).expect(name);
    let hooks = std::env::var("HOOKS").map_or(6, |hooks| hooks.parse().expect("a number"));
    for number in 0..hooks {
        sync_hook(&format!("sync_{number}"), Phase::Stop);
        async_hook(&format!("async_{number}"), Phase::Close);
    }
    // Much less time than a slow subscriber takes for all calls before this hook.
    let settings = HookSettings::new().phase(Phase::Finalize).timeout(Duration::from_millis(100));
    register_sync("last", settings, |_| say("last ran")).expect("it is early enough");
    let _guard = Settings::new().install().expect("the settings are right");
    let (_reader, pipe) = std::io::pipe().expect("a pipe");
    let from = variable("FROM").parse().expect("a number");
    let hostile = Hostile { place: variable("WHERE"), from, how: variable("HOW"), seen: AtomicUsize::new(0), pipe };
    tracing_subscriber::registry().with(hostile).init();
    let _held = LOCK.lock();
    work_for_ever()
}
