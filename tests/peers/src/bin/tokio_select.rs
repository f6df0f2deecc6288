//! Runs the ten hooks by hand, with tokio alone, with a timeout for each and one for all.
//!
//! Written as by an experienced engineer. Each hook has a task, so that a panic or a blocked thread affects only that
//! task. The hooks run in order. A second Ctrl-C ends the process. `process::exit` ends the program, because dropping
//! the runtime waits for threads that are blocked.

use std::process::exit;

use peers::hook::{Hook, hooks};
use peers::{application, times};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

/// Whether it did what it had to.
async fn clean_up(hook: Hook) -> bool {
    let mut task = tokio::spawn(hook.run_on_tokio());
    match timeout(times::hook_timeout(), &mut task).await {
        Ok(Ok(Ok(()))) => return true,
        Ok(Ok(Err(error))) => eprintln!("{} failed: {error}", hook.name),
        Ok(Err(error)) => eprintln!("{} panicked: {error}", hook.name),
        Err(_) => {
            task.abort();
            eprintln!("{} timed out", hook.name);
        }
    }
    false
}

async fn clean_up_all() -> bool {
    let mut all_well = true;
    for hook in hooks() {
        all_well &= clean_up(hook).await;
    }
    all_well
}

async fn serve() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    application::start();
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::select! {
        result = timeout(times::overall_timeout(), clean_up_all()) => match result {
            Ok(true) => exit(0),
            Ok(false) => exit(1),
            Err(_) => {
                eprintln!("the shutdown timed out");
                exit(1)
            }
        },
        _ = interrupt.recv() => exit(130),
    }
}

fn main() -> std::io::Result<()> {
    application::runtime().block_on(serve())
}
