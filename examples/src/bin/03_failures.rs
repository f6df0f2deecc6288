//! 03, failures: hooks fail, panic, overrun, spin and block; every other hook still runs in time.
//!
//! Run `cargo run --bin 03_failures; echo "exit code $?"` and read the report's last column.
//! New here: priorities, outcomes, isolation, and the exit code.
//!
//! The first line of this table that fits decides the exit code:
//!
//! | code | when |
//! |---|---|
//! | 128 + n | signal n was repeated until it ended the process (Ctrl-C three times: 130) |
//! | the program's own | `main` failed (1) or panicked (101), or the program called `request_exit(code)` |
//! | 124 | a hook timed out or was skipped for lack of time, work in flight was cut off, or the deadline passed (this example) |
//! | 70 | a hook failed, panicked, or was skipped because a value was missing |
//! | 0 | otherwise; 128 + n with `signal_exit_code = true` |

use std::time::Duration;

use on_shutdown::on_shutdown;

/// Has a higher priority than the hooks below, so it runs before them. The report shows the error's text.
#[on_shutdown(priority = 20, timeout = "1s")]
fn fails() -> anyhow::Result<()> {
    Err(anyhow::anyhow!("disk full").context("cannot write the index"))
}

#[on_shutdown(priority = 20, timeout = "1s")]
#[expect(clippy::panic, reason = "the example shows what happens after a panic")]
fn panics() {
    panic!("index out of order");
}

/// Awaits forever. The supervisor cancels an async hook at its timeout: it drops the hook's future.
#[on_shutdown(priority = 10, timeout = "300ms")]
async fn overruns() {
    std::future::pending().await
}

/// Spins without an await. Nothing can stop its thread, so the supervisor abandons the hook with its thread.
#[on_shutdown(priority = 10, timeout = "400ms")]
async fn spins() {
    loop {
        std::hint::spin_loop();
    }
}

/// Blocks its thread forever, and is abandoned too.
#[on_shutdown(priority = 10, timeout = "500ms")]
fn blocks() {
    loop {
        std::thread::park();
    }
}

/// Runs at the same time as the three hooks above. They do not delay it.
#[on_shutdown(priority = 10, timeout = "500ms")]
fn is_not_delayed() {
    println!("the hook beside the three that overrun has completed");
}

/// Runs: `fails` has ended, even though it returned an error.
#[on_shutdown(phase = close, timeout = "1s", after = [fails])]
fn after_the_failed_one() {
    println!("the hook after the failed one has completed");
}

/// Is skipped: the abandoned hook may still use what this hook would close.
#[on_shutdown(phase = close, timeout = "1s", after = [blocks])]
fn after_the_abandoned_one() {
    println!("this line is never printed");
}

#[on_shutdown(phase = finalize, timeout = "1s")]
async fn send_metrics() {
    println!("sent the last metrics");
}

#[on_shutdown::main]
async fn main() {
    examples::sigterm_after(Duration::from_secs(1));
    std::future::pending().await
}
