//! Sets one setting of `#[on_shutdown::main(..)]`, which the argument names.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, Settings, in_flight, on_shutdown, register, register_sync};
use tokio::runtime::Handle;

/// The plan shows the drain delay above it.
#[on_shutdown(phase = deregister)]
fn leave() {}

#[on_shutdown]
fn hook() {
    println!("hook");
}

fn wait_for_a_signal() -> ! {
    println!("ready");
    loop {
        std::thread::park();
    }
}

fn main() -> std::process::ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("escalate-on-any") => escalate_on_any(),
        Some("handle-ignored-signals") => handle_ignored_signals(),
        Some("signals") => signals(),
        Some("quiet") => quiet(),
        Some("quiet-and-bad") => quiet_and_bad(),
        Some("worker-threads") => worker_threads(),
        Some("current-thread") => current_thread(),
        Some("multi-thread") => multi_thread(),
        Some("times") => times(),
        Some("base") => base(),
        other => panic!("what is {other:?}?"),
    }
}

/// A hook waits until the shutdown is fast, and then for ever.
#[on_shutdown::main(escalate_on_any = true, grace_period = "60s")]
fn escalate_on_any() {
    let settings = HookSettings::new().phase(Phase::Close).timeout(Duration::from_secs(40));
    let endless = register("endless", settings, |context| async move {
        println!("endless began");
        context.fast_shutdown().await;
        println!("fast");
        std::future::pending::<()>().await;
    });
    endless.expect("it is early enough");
    wait_for_a_signal()
}

#[on_shutdown::main(handle_ignored_signals = true)]
fn handle_ignored_signals() {
    wait_for_a_signal()
}

#[on_shutdown::main(signals = [SIGUSR1])]
fn signals() {
    wait_for_a_signal()
}

#[on_shutdown::main(quiet = true)]
fn quiet() {}

/// Has something of each kind that a quiet program still writes: advice, a failure, a timeout, work that is cut off.
#[on_shutdown::main(quiet = true, grace_period = "4s", drain_delay = "1700ms")]
fn quiet_and_bad() {
    let stop = || HookSettings::new().timeout(Duration::from_millis(50));
    register_sync("fails", stop(), |_| Err::<(), _>("no disk")).expect("it is early enough");
    let hangs = |_| -> Result<(), String> {
        loop {
            std::thread::park();
        }
    };
    register_sync("hangs", stop(), hangs).expect("it is early enough");
    std::mem::forget(in_flight("import"));
    wait_for_a_signal()
}

#[on_shutdown::main(worker_threads = 3)]
async fn worker_threads() {
    println!("{} workers", Handle::current().metrics().num_workers());
}

#[on_shutdown::main(flavor = "current_thread")]
async fn current_thread() {
    println!("{:?}", Handle::current().runtime_flavor());
}

#[on_shutdown::main(flavor = "multi_thread")]
async fn multi_thread() {
    println!("{:?}", Handle::current().runtime_flavor());
}

#[on_shutdown::main(grace_period = "40s", drain_delay = "3s", min_drain_time = "20s", max_drain_time = "25s")]
fn times() {}

#[on_shutdown::main(settings = Settings::new().hook_timeout("main_settings::hook", Duration::from_secs(3)))]
fn base() {}
