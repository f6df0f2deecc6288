//! Defines the ten cleanup hooks that every program runs, one of them bad. They write what they did to a file, not to
//! stdout.

use std::fs::File;
use std::future::pending;
use std::io::Write;
use std::panic::panic_any;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use crate::Failure;

/// Where the hooks write what they did.
pub const TRACE: &str = "TRACE";
/// The environment variable that says what the bad hook does; without it, it is as good as the others.
pub const BAD: &str = "BAD";
pub const BAD_HOOK: &str = "bad_hook";

/// In the order in which a program that knows an order runs them.
pub const HOOKS: [(&str, Behavior); 10] = [
    ("leave_registry", Behavior::Naps),
    ("stop_consumer", Behavior::Naps),
    ("stop_listener", Behavior::NapsSync),
    ("drain_queue", Behavior::Naps),
    (BAD_HOOK, Behavior::Naps),
    ("write_index", Behavior::NapsSync),
    ("write_orders", Behavior::NapsSync),
    ("close_pool", Behavior::Naps),
    ("close_cache", Behavior::NapsSync),
    ("flush_metrics", Behavior::Naps),
];

const NAP: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behavior {
    /// What a good hook does: a little work, in async code.
    Naps,
    /// The same in sync code.
    NapsSync,
    /// Awaits what never comes.
    Awaits,
    /// Blocks its thread inside async code.
    Blocks,
    /// Computes for ever inside async code.
    Spins,
    /// Blocks its thread in sync code.
    Sleeps,
    Panics,
    /// Panics with a payload that is not text.
    PanicsOddly,
    Fails,
    /// Awaits what never comes, and its drop never ends.
    DropHangs,
    /// Prints a line to stdout.
    Prints,
}

impl Behavior {
    fn is_async(self) -> bool {
        !matches!(self, Self::NapsSync | Self::Sleeps)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Hook {
    pub name: &'static str,
    behavior: Behavior,
}

/// All ten.
pub fn hooks() -> impl Iterator<Item = Hook> {
    HOOKS.iter().map(|(name, _)| hook(name))
}

/// The hook of this name.
pub fn hook(name: &str) -> Hook {
    let (name, good) = *HOOKS.iter().find(|(known, _)| *known == name).expect("it is one of the ten");
    let behavior = if name == BAD_HOOK { bad_behavior().unwrap_or(good) } else { good };
    Hook { name, behavior }
}

fn bad_behavior() -> Option<Behavior> {
    use Behavior::{Awaits, Blocks, DropHangs, Fails, Panics, PanicsOddly, Prints, Sleeps, Spins};
    let asked = std::env::var(BAD).ok()?;
    let known = [Awaits, Blocks, DropHangs, Fails, Panics, PanicsOddly, Prints, Sleeps, Spins];
    Some(known.into_iter().find(|behavior| format!("{behavior:?}") == asked).expect("BAD names a behavior"))
}

impl Hook {
    pub fn is_async(self) -> bool {
        self.behavior.is_async()
    }

    /// For hooks that are async.
    pub async fn run(self) -> Result<(), Failure> {
        trace(self.name, "began");
        match self.behavior {
            Behavior::Naps => tokio::time::sleep(NAP).await,
            Behavior::Awaits => pending().await,
            Behavior::Blocks => forever(),
            Behavior::Spins => spin(),
            Behavior::Panics => panic!("the hook panics"),
            Behavior::PanicsOddly => panic_any(vec!["a panic without a text"]),
            Behavior::Fails => return Err("it cannot be done".into()),
            Behavior::DropHangs => {
                let _armed = HangsInDrop;
                pending().await
            }
            Behavior::Prints => println!("a line to stdout"),
            Behavior::NapsSync | Behavior::Sleeps => unreachable!("{} is sync", self.name),
        }
        trace(self.name, "ended");
        Ok(())
    }

    /// For hooks that are not async.
    pub fn run_sync(self) -> Result<(), Failure> {
        trace(self.name, "began");
        match self.behavior {
            Behavior::NapsSync => thread::sleep(NAP),
            Behavior::Sleeps => forever(),
            _ => unreachable!("{} is async", self.name),
        }
        trace(self.name, "ended");
        Ok(())
    }

    /// Runs both kinds as tokio's documentation recommends: blocking code on the threads made for it.
    pub async fn run_on_tokio(self) -> Result<(), Failure> {
        if self.is_async() { self.run().await } else { tokio::task::spawn_blocking(move || self.run_sync()).await? }
    }
}

struct HangsInDrop;

impl Drop for HangsInDrop {
    fn drop(&mut self) {
        forever();
    }
}

fn forever() -> ! {
    loop {
        thread::sleep(Duration::from_secs(3600));
    }
}

pub(crate) fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

/// One write to a file opened for appending, so that lines of several threads do not mix.
fn trace(name: &str, what: &str) {
    static FILE: LazyLock<File> = LazyLock::new(|| {
        let path = std::env::var(TRACE).expect("TRACE names a file");
        File::options().append(true).create(true).open(path).expect("TRACE can be written")
    });
    (&*FILE).write_all(format!("{name} {what}\n").as_bytes()).expect("TRACE can be written");
}
