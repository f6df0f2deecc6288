//! Stops child processes with all that they have started, and waits for them.
//!
//! Run `cargo run -p cookbook --bin child_processes`, and press Ctrl-C.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use on_shutdown::{HookContext, on_shutdown, provide};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The children, each in a process group of its own. A signal to the group reaches what the child has started, and Ctrl-C
/// does not reach the child before its parent decides so.
#[derive(Clone, Default)]
struct Children(Arc<Mutex<Vec<Child>>>);

impl Children {
    fn start(&self, command: &mut Command) -> io::Result<()> {
        let child = command.process_group(0).spawn()?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(child);
        Ok(())
    }

    fn take(&self) -> Vec<Child> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn signal_group(child: &Child, signal: Signal) {
    if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()) {
        // Fails if the group has ended.
        let _ = killpg(Pid::from_raw(group), signal);
    }
}

/// In `stop`: the children are background work. The timeout is theirs and a second to kill them.
#[on_shutdown(timeout = "5s")]
async fn stop_children(children: Children, context: HookContext) -> io::Result<()> {
    let mut children = children.take();
    children.iter().for_each(|child| signal_group(child, Signal::SIGTERM));
    let patience = context.remaining().mul_f64(0.8);
    let ended = timeout(patience, async {
        for child in &mut children {
            println!("a child has ended: {}", child.wait().await?);
        }
        io::Result::Ok(())
    });
    if let Ok(result) = ended.await {
        return result;
    }
    // `wait` of a child that has ended returns at once.
    children.iter().for_each(|child| signal_group(child, Signal::SIGKILL));
    for child in &mut children {
        println!("a child was killed or had ended: {}", child.wait().await?);
    }
    Ok(())
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let children = Children::default();
    provide(children.clone())?;
    // One that ends when it is asked, with a process of its own, and one that does not.
    let polite = "sleep 600 & trap 'echo bye; kill $!; exit' TERM; echo the child waits; wait";
    children.start(Command::new("sh").args(["-c", polite]))?;
    if std::env::args().nth(1).as_deref() == Some("stubborn") {
        let stubborn = "trap '' TERM; echo the stubborn child waits; while :; do sleep 600; done";
        children.start(Command::new("sh").args(["-c", stubborn]))?;
    }
    println!("ready");
    on_shutdown::draining().await;
    Ok(())
}
