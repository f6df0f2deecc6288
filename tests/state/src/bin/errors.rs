//! Has hooks whose errors are kept as values. One has an error whose `Display` and `Drop` panic.

use std::fmt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use on_shutdown::{ExitMode, Handle, HookSettings, Outcome, Phase, Settings, on_shutdown, register, register_sync};

/// A `Display` that counts its calls.
#[derive(Debug)]
struct Counted(u32);

static DISPLAYED: AtomicUsize = AtomicUsize::new(0);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        DISPLAYED.fetch_add(1, Ordering::SeqCst);
        write!(f, "code {}", self.0)
    }
}

struct Hostile;

impl fmt::Display for Hostile {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words for it")
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        panic!("the destructor panics");
    }
}

static HANDLE: OnceLock<Handle> = OnceLock::new();

/// An error whose `Drop` uses the shutdown, which takes the lock of the run.
struct UsesTheShutdown(Sender<usize>);

impl fmt::Display for UsesTheShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("late")
    }
}

impl Drop for UsesTheShutdown {
    fn drop(&mut self) {
        let hooks = HANDLE.get().map(|handle| handle.plan().hooks().count()).unwrap_or_default();
        let _ = self.0.send(hooks);
    }
}

#[on_shutdown]
fn fails_sync() -> Result<(), Counted> {
    Err(Counted(5))
}

#[on_shutdown]
async fn fails_async() -> std::io::Result<()> {
    tokio::task::yield_now().await;
    Err(std::io::Error::other("no space"))
}

#[on_shutdown]
fn fails_boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("boxed")?
}

#[on_shutdown]
fn fails_hostile() -> Result<(), Hostile> {
    Err(Hostile)
}

/// What the abandoned hooks wait for.
static RELEASED: OnceLock<Mutex<Receiver<()>>> = OnceLock::new();
static DROPPED: Mutex<Option<Sender<usize>>> = Mutex::new(None);

fn fail_when_released() -> Result<(), UsesTheShutdown> {
    let _ = RELEASED.get().map(|released| released.lock().map(|released| released.recv()));
    let sender = DROPPED.lock().ok().and_then(|sender| sender.clone());
    sender.map_or(Ok(()), |sender| Err(UsesTheShutdown(sender)))
}

/// Is abandoned, and fails after the shutdown.
#[on_shutdown(phase = finalize, timeout = "50ms")]
fn fails_late() -> Result<(), UsesTheShutdown> {
    fail_when_released()
}

/// Does the same, and leaves a task: its end is recorded in another way.
#[on_shutdown(phase = finalize, timeout = "50ms")]
async fn fails_late_with_a_task() -> Result<(), UsesTheShutdown> {
    tokio::spawn(std::future::pending::<()>());
    fail_when_released()
}

fn main() -> ExitCode {
    let settings = || HookSettings::new().phase(Phase::Close);
    register("registered", settings(), async |_context| Err::<(), _>(Counted(6))).expect("it is early enough");
    register_sync("registered_sync", settings(), |_context| Err::<(), _>("text")).expect("it is early enough");
    let (release, released) = channel();
    let (dropped, drops) = channel();
    let _ = RELEASED.set(Mutex::new(released));
    *DROPPED.lock().expect("no hook panics with it") = Some(dropped);
    let handle = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    let _ = HANDLE.set(handle.clone());
    handle.request_shutdown("enough");
    let report = handle.wait();
    for hook in &report.hooks {
        let Outcome::Failed(error) = &hook.outcome else { continue };
        let code = error.downcast_ref::<Counted>().map(|error| error.0);
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        let is_boxed = error.downcast_ref::<Box<dyn std::error::Error + Send + Sync>>().is_some();
        let text = error.downcast_ref::<&str>();
        println!("{}: {error}, {code:?} {kind:?} {is_boxed} {text:?}", hook.name);
    }
    println!("displayed {} times", DISPLAYED.load(Ordering::SeqCst));
    drop(report);
    for _ in 0..2 {
        release.send(()).expect("the hooks wait");
    }
    for number in 1..=2 {
        println!("dropped {number}: {:?}", drops.recv_timeout(Duration::from_secs(20)));
    }
    ExitCode::from(42)
}
