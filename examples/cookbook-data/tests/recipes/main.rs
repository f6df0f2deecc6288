//! Runs each recipe against the real server, stops it by a real signal, and looks at what it leaves behind.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use process::{Ended, Running, Signal};

mod amqp_consumer;
mod leader_lease;
mod mqtt_consumer;
mod postgres_pool;
mod redis_group;
mod redis_pool;
mod sentry_flush;
mod server;
mod sqlite_pool;

/// An empty folder of this test alone, which is removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn make(name: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("on-shutdown-{name}-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder of our own");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn stop(mut running: Running) -> Ended {
    running.signal(Signal::SIGTERM);
    running.wait()
}

/// Returns the numbers in the lines that begin and end so.
fn numbers(ended: &Ended, begin: &str, end: &str) -> Vec<i64> {
    let between = |line: &String| line.strip_prefix(begin)?.strip_suffix(end)?.parse().ok();
    ended.out.iter().filter_map(between).collect()
}
