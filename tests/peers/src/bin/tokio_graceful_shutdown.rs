//! Runs the ten hooks with tokio-graceful-shutdown, with one timeout for all: it has none for a single subsystem.
//!
//! Idiomatic, as in its README and examples 01 and 03: a subsystem for each resource, which cleans up when
//! `on_shutdown_requested` resolves; `catch_signals`; `handle_shutdown_requests(timeout)`; main returns the result.
//! Its events are made visible by tracing-subscriber as in the examples, here on stderr.
//!
//! With the argument `watchdog`, main also does what the author suggests in issue 50 of the library against blocked
//! threads: a thread ends the process if it has not ended soon after.

use std::process::exit;
use std::thread;
use std::time::Duration;

use peers::hook::hooks;
use peers::{Failure, application, times};
use tokio_graceful_shutdown::{SubsystemBuilder, SubsystemHandle, Toplevel};

async fn root(subsys: &mut SubsystemHandle) {
    for hook in hooks() {
        let subsystem = async move |subsys: &mut SubsystemHandle| {
            subsys.on_shutdown_requested().await;
            hook.run_on_tokio().await
        };
        subsys.start(SubsystemBuilder::new(hook.name, subsystem));
    }
}

fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    application::runtime().block_on(async {
        let toplevel = Toplevel::new(async |subsys: &mut SubsystemHandle| root(subsys).await).catch_signals();
        application::start();
        let result = toplevel.handle_shutdown_requests(times::overall_timeout()).await;
        if std::env::args().any(|arg| arg == "watchdog") {
            watch(result.is_err().into());
        }
        result.map_err(Into::into)
    })
}

fn watch(code: i32) {
    let watchdog = move || {
        thread::sleep(Duration::from_millis(500));
        exit(code);
    };
    // Where no thread can be made, what follows may end the process all the same.
    let _ = thread::Builder::new().spawn(watchdog);
}
