//! Has a `main` that asks when to stop, and cleans up afterwards, in the way that the argument names.
//!
//! Each clean-up takes 300 ms: longer than all hooks together.

use std::future::pending;
use std::thread;
use std::time::Duration;

use on_shutdown::{ExitMode, Settings, draining, is_draining, on_shutdown};
use tokio::time::sleep;

#[on_shutdown]
fn stop() {
    println!("stopped");
}

#[on_shutdown(phase = close)]
async fn close() {
    println!("closed");
}

/// Prints, when it is dropped, that `main` was not cut short.
struct Guard;

impl Drop for Guard {
    fn drop(&mut self) {
        println!("guard dropped");
    }
}

/// Resolves when draining begins. Prints `ready` after the first question: the signal must not come before it.
async fn asked() {
    tokio::join!(biased; draining(), async { println!("ready") });
}

/// Blocks until draining begins, as [`asked`] waits.
fn asked_blocking() {
    if !is_draining() {
        println!("ready");
    }
    while !is_draining() {
        thread::sleep(Duration::from_millis(1));
    }
}

async fn save() {
    sleep(Duration::from_millis(300)).await;
    println!("saved");
}

#[on_shutdown::main]
async fn awaits() {
    let _guard = Guard;
    asked().await;
    save().await;
}

#[on_shutdown::main(flavor = "current_thread")]
async fn awaits_current_thread() {
    let _guard = Guard;
    asked().await;
    save().await;
}

#[on_shutdown::main]
fn polls() {
    let _guard = Guard;
    asked_blocking();
    thread::sleep(Duration::from_millis(300));
    println!("saved");
}

/// The signal comes during a job, so `main` learns of it only after the job.
#[on_shutdown::main]
async fn works() {
    let _guard = Guard;
    loop {
        tokio::select! {
            biased;
            () = draining() => break,
            () = async {} => {
                println!("ready");
                sleep(Duration::from_millis(300)).await;
                println!("job done");
            }
        }
    }
    save().await;
}

#[on_shutdown::main]
async fn serves() {
    let _guard = Guard;
    // As axum does: only a task of the server awaits the signal.
    let server = on_shutdown::serve("server", |draining| tokio::spawn(draining));
    let (ended, ()) = tokio::join!(biased; server, async { println!("ready") });
    ended.expect("the server does not panic");
    save().await;
}

#[on_shutdown::main]
async fn fails() -> Result<(), String> {
    asked().await;
    save().await;
    Err("the last save was lost".to_owned())
}

#[on_shutdown::main(grace_period = "4s")]
async fn hangs() {
    asked().await;
    pending().await
}

/// Only tasks ask, on the thread of `main`, which has made one of them.
#[on_shutdown::main(flavor = "current_thread")]
async fn task_asks() {
    tokio::spawn(on_shutdown::serve("server", |draining| draining));
    let task = tokio::spawn(async {
        asked().await;
        pending::<()>().await;
    });
    let _ = task.await;
}

/// A `main` that waits for the shutdown must not be waited for by the shutdown.
fn waits() {
    let handle = Settings::new().exit_mode(ExitMode::Return).install().expect("the settings are right");
    asked_blocking();
    println!("exit code {}", handle.wait().exit_code);
}

fn main() -> std::process::ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("awaits") => awaits(),
        Some("awaits-current-thread") => awaits_current_thread(),
        Some("polls") => polls(),
        Some("works") => works(),
        Some("serves") => serves(),
        Some("fails") => fails(),
        Some("hangs") => hangs(),
        Some("task-asks") => task_asks(),
        Some("waits") => {
            waits();
            std::process::ExitCode::SUCCESS
        }
        other => panic!("what is {other:?}?"),
    }
}
