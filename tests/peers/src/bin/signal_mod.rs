//! Runs the ten hooks with signal-mod, with a timeout for each and one for all.
//!
//! Idiomatic, as in its README and `examples/graceful_shutdown.rs`: a coordinator with `hook_from_fn(..).with_timeout`,
//! `install` inside the tokio runtime, `run_hooks_async`, the report printed, `process::exit` with the reason's code;
//! and 1 where the report is not clean. Async work goes through `Handle::current().block_on`, as its documentation
//! says. A hook returns nothing, so one that fails says so itself.
//!
//! With the argument `thread` it makes all of the library that it can, so that a wedged application does not matter:
//! the back-end `agnostic`, which has a listener thread; a thread that waits for the signal and runs the hooks; a small
//! runtime for each async hook; and no escalation, so that a second SIGTERM does not end the process.

use std::process::exit;
use std::thread;
use std::time::Duration;

use peers::hook::{Hook, hooks};
use peers::{Failure, application, times};
use signal_mod::{Coordinator, RunReport, ShutdownReason, SignalSet, hook_from_fn};
use tokio::runtime::{Builder, Handle};

/// Whose executor async hooks use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Executor {
    Applications,
    TheirOwn,
}

fn run(hook: Hook, executor: Executor) -> Result<(), Failure> {
    match executor {
        _ if !hook.is_async() => hook.run_sync(),
        Executor::Applications => Handle::current().block_on(hook.run()),
        Executor::TheirOwn => Builder::new_current_thread().enable_all().build()?.block_on(hook.run()),
    }
}

fn coordinator(executor: Executor, escalates: bool) -> Coordinator {
    let mut builder = Coordinator::builder()
        .signals(SignalSet::graceful())
        .graceful_timeout(times::overall_timeout())
        .force_timeout(times::overall_timeout() + Duration::from_secs(1))
        .force_exit_on_second_signal(escalates);
    for (hook, priority) in hooks().zip((0..10).rev()) {
        let body = move |_| {
            if let Err(error) = run(hook, executor) {
                eprintln!("{} failed: {error}", hook.name);
            }
        };
        builder = builder.hook(hook_from_fn(hook.name, priority * 100, body).with_timeout(times::hook_timeout()));
    }
    builder.build()
}

fn end(reason: ShutdownReason, report: &RunReport) -> ! {
    eprintln!("{report}");
    for hook in report.outcomes() {
        eprintln!("  {:<16} {:<10} {:?}", hook.name, hook.status, hook.duration);
    }
    exit(if report.is_clean() { reason.exit_code() } else { 1 })
}

async fn as_in_the_readme() -> signal_mod::Result<()> {
    let coordinator = coordinator(Executor::Applications, true);
    coordinator.install()?;
    application::start();
    let token = coordinator.token();
    token.wait().await;
    let reason = token.reason().unwrap_or(ShutdownReason::Requested);
    let report = coordinator.run_hooks_async(reason).await;
    end(reason, &report)
}

fn on_a_thread_of_its_own() -> signal_mod::Result<()> {
    let coordinator = coordinator(Executor::TheirOwn, false);
    // Outside of the runtime, so that the back-end is the listener thread.
    coordinator.install()?;
    thread::spawn(move || {
        let token = coordinator.token();
        token.wait_blocking();
        let reason = token.reason().unwrap_or(ShutdownReason::Requested);
        end(reason, &coordinator.run_hooks_with_report(reason))
    });
    application::runtime().block_on(async {
        application::start();
        std::future::pending().await
    })
}

fn main() -> signal_mod::Result<()> {
    if std::env::args().any(|arg| arg == "thread") {
        on_a_thread_of_its_own()
    } else {
        application::runtime().block_on(as_in_the_readme())
    }
}
