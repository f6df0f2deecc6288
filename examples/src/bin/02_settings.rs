//! 02, settings: everything that `#[on_shutdown::main]` can be told, and the same by hand.
//! Run `cargo run --bin 02_settings`; with `ON_SHUTDOWN=plan` before it, it only prints the plan and runs nothing.
//! New here: the settings, the plan as a value, and the variables `ON_SHUTDOWN_GRACE_PERIOD` and `ON_SHUTDOWN`.

use std::time::Duration;

use on_shutdown::{ExitMode, Settings, Signal, on_shutdown};

const TIMEOUT: Duration = Duration::from_secs(3);

/// A timeout may be a constant of yours.
#[on_shutdown(timeout = TIMEOUT)]
async fn stop_consumer() {
    println!("stopped the consumer");
}

#[on_shutdown(phase = flush, priority = -10, timeout = "500ms")]
fn flush_metrics() {
    println!("sent the last metrics");
}

/// The arguments have the names of `Settings`' methods, and need no more words than these.
#[on_shutdown::main(
    // From the signal to the platform's SIGKILL. Left out: ON_SHUTDOWN_GRACE_PERIOD, else the platform's, else 10 s.
    grace_period = "25s",
    // The program goes on serving for so long, while the gateways notice. Ctrl-C skips it.
    drain_delay = "1500ms",
    // Left out: SIGTERM and SIGINT. `37` is docker's `STOPSIGNAL SIGRTMIN+3`.
    signals = [SIGTERM, SIGINT, SIGQUIT, 37],
    // A second signal of any kind means "hurry", not only a second Ctrl-C.
    escalate_on_any = true,
    // Exit code 143 after a clean stop by SIGTERM, for those who want to see the signal in it.
    signal_exit_code = true,
    // Handle signals also if the program was started by `nohup` or in the background.
    handle_ignored_signals = true,
    // The tokio runtime, as in `#[tokio::main]`.
    flavor = "multi_thread",
    worker_threads = 2
)]
async fn main() -> Result<(), on_shutdown::InstallError> {
    // The same by hand. `install()` would take the place of the attribute; `plan()` runs nothing.
    let by_hand = Settings::new()
        .drain_delay(Duration::from_millis(1500))
        .signals([Signal::SIGTERM, Signal::SIGINT])
        .exit_mode(ExitMode::Immediate);
    println!("the plan without `grace_period`:\n{}", by_hand.plan()?);
    if let Err(error) = by_hand.grace_period(Duration::from_secs(1)).plan() {
        println!("and with one that is too short: {error}\n");
    }

    examples::sigterm_after(Duration::from_secs(1));
    std::future::pending().await
}
