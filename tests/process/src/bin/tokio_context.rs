//! Has sync hooks that use tokio, as code that is shared with the program does. The argument says how `main` runs.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, Settings, on_shutdown, register_sync};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// The usual stand-in for an async drop.
struct Connection;

impl Drop for Connection {
    fn drop(&mut self) {
        tokio::spawn(async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            println!("released");
        });
    }
}

#[on_shutdown(phase = finalize, timeout = "5s")]
fn drop_connection() {
    drop(Connection);
}

/// A helper that is used all over the program.
fn call_async<T>(future: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(future))
}

fn add_blocking_hook() {
    let hook = register_sync("blocks", HookSettings::new().timeout(Duration::from_secs(5)), |_| {
        call_async(async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            println!("waited");
        });
    });
    hook.expect("it is early enough");
}

#[on_shutdown::main]
async fn multi_thread() {
    add_blocking_hook();
}

#[on_shutdown::main(flavor = "current_thread")]
async fn current_thread() {
    add_blocking_hook();
}

#[tokio::main]
async fn installs_inside() {
    add_blocking_hook();
    let guard = Settings::new().install().expect("the settings are right");
    guard.end().await;
}

#[on_shutdown::main]
fn sync_main() {
    let hook = register_sync("leaves a task", HookSettings::new().phase(Phase::Close), |_| {
        tokio::spawn(std::future::pending::<()>());
        call_async(async { println!("no timer") });
    });
    hook.expect("it is early enough");
}

fn main() -> std::process::ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("multi-thread") => multi_thread(),
        Some("current-thread") => current_thread(),
        Some("installs-inside") => {
            installs_inside();
            std::process::ExitCode::SUCCESS
        }
        Some("sync-main") => sync_main(),
        other => panic!("what is {other:?}?"),
    }
}
