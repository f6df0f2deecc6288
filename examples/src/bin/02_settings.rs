//! 02, settings: the arguments of `#[on_shutdown::main]`, and the same settings as method calls.
//!
//! Run `cargo run --bin 02_settings`. Run `ON_SHUTDOWN=plan cargo run --bin 02_settings` to print the plan only.
//! New here: the settings, the plan as a value, and the variables `ON_SHUTDOWN_GRACE_PERIOD` and `ON_SHUTDOWN`.

use std::time::Duration;

use on_shutdown::{ExitMode, Settings, Signal, on_shutdown};

const TIMEOUT: Duration = Duration::from_secs(3);

/// Takes its timeout from a constant.
#[on_shutdown(timeout = TIMEOUT)]
async fn stop_consumer() {
    println!("stopped the consumer");
}

#[on_shutdown(phase = finalize, timeout = "500ms")]
fn send_metrics() {
    println!("sent the last metrics");
}

/// Each argument has the name of a method of `Settings`.
#[on_shutdown::main(
    // The time between the signal and the platform's SIGKILL.
    // The variable ON_SHUTDOWN_GRACE_PERIOD goes before it. Default: the platform's default, otherwise 10 s.
    grace_period = "25s",
    // The program keeps serving for this long while gateways notice that it stops. Ctrl-C skips the delay.
    drain_delay = "1500ms",
    // Work in flight has at least this long to end, whatever time later hooks declare.
    // Default: what later hooks are not promised, and at least half of the time before `flush`.
    min_drain_time = "10s",
    // And no more than this, so that one request that hangs does not hold up later hooks.
    // Default: as long as the time allows.
    max_drain_time = "15s",
    // `37` is docker's `STOPSIGNAL SIGRTMIN+3`. Default: SIGTERM and SIGINT.
    signals = [SIGTERM, SIGINT, SIGQUIT, 37],
    // A second signal of any kind asks for a fast shutdown. Default: only a second SIGINT does.
    escalate_on_any = true,
    // The program exits with 143 after a clean stop by SIGTERM. Default: 0.
    signal_exit_code = true,
    // The program handles its signals even if `nohup` or a background job ignored them. Default: they stay ignored.
    handle_ignored_signals = true,
    // The tokio runtime, as in `#[tokio::main]`.
    flavor = "multi_thread",
    worker_threads = 2
)]
async fn main() -> Result<(), on_shutdown::InstallError> {
    // The same settings as method calls. `install()` replaces the attribute; `plan()` runs nothing.
    let by_hand = Settings::new()
        .drain_delay(Duration::from_millis(1500))
        .signals([Signal::SIGTERM, Signal::SIGINT])
        .exit_mode(ExitMode::Immediate);
    println!("the plan without `grace_period`:\n{}", by_hand.plan()?);
    if let Err(error) = by_hand.grace_period(Duration::from_secs(1)).plan() {
        println!("the plan with a grace period that is too short: {error}\n");
    }

    examples::sigterm_after(Duration::from_secs(1));
    std::future::pending().await
}
