//! Every setting of an async `main`.

#![deny(warnings)]

use std::time::Duration;

const GRACE: Duration = Duration::from_secs(20);
const DELAY: Duration = Duration::ZERO;

/// The program.
#[on_shutdown::main(
    grace_period = GRACE,
    drain_delay = DELAY,
    min_drain_time = "5s",
    max_drain_time = "6s",
    signals = [SIGTERM, SIGINT, SIGQUIT, 37],
    flavor = "multi_thread",
    worker_threads = 1 + 1,
    escalate_on_any = true,
    signal_exit_code = false,
    handle_ignored_signals = cfg!(unix),
)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number: u8 = "3".parse()?;
    drop(number.to_string());
    Ok(())
}
