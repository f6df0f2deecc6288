//! 03, failures: hooks that fail, panic, overrun, spin and block; every other hook still runs, and in time.
//! Run `cargo run --bin 03_failures; echo "exit code $?"`, and read the report's last column.
//! New here: outcomes, isolation, and the exit code that is made of them.
//!
//! | exit code | when; the first line that fits counts |
//! |---|---|
//! | 128 + n | signal n was repeated until it ended the process (three times Ctrl-C: 130) |
//! | the program's own | `main` failed (1) or panicked (101), or the program called `exit(code)` |
//! | 124 | a hook timed out, work in flight was cut off, or the deadline came (this example) |
//! | 70 | a hook failed or panicked |
//! | 0 | otherwise; 128 + n with `signal_exit_code = true` |

use std::time::Duration;

use on_shutdown::on_shutdown;

/// An error is whatever the function returns; its text goes into the report.
#[on_shutdown(priority = 20, timeout = "1s")]
fn fails() -> anyhow::Result<()> {
    Err(anyhow::anyhow!("disk full").context("cannot write the index"))
}

#[on_shutdown(priority = 20, timeout = "1s")]
#[expect(clippy::panic, reason = "it shows what becomes of one")]
fn panics() {
    panic!("index out of order");
}

/// Async code is stopped at its timeout: the future is dropped.
#[on_shutdown(priority = 10, timeout = "300ms")]
async fn overruns() {
    std::future::pending().await
}

/// Nothing can stop this one. Its thread is left behind, and only its own group has waited for it.
#[on_shutdown(priority = 10, timeout = "400ms")]
async fn spins() {
    loop {
        std::hint::spin_loop();
    }
}

#[on_shutdown(priority = 10, timeout = "500ms")]
fn blocks() {
    loop {
        std::thread::park();
    }
}

/// Of the same group as the three above, which do not hold it up.
#[on_shutdown(priority = 10, timeout = "500ms")]
fn is_not_held_up() {
    println!("the neighbour of the three that overrun is done");
}

/// Whoever needs what a failed hook has left is run; whoever needs what an abandoned one still uses is not.
#[on_shutdown(phase = close, timeout = "1s", after = [fails])]
fn after_the_failed_one() {
    println!("the one after the failed one is done");
}

#[on_shutdown(phase = close, timeout = "1s", after = [blocks])]
fn after_the_abandoned_one() {
    println!("this is never seen");
}

#[on_shutdown(phase = flush, timeout = "1s")]
async fn flush_metrics() {
    println!("and so are the metrics, last as always");
}

#[on_shutdown::main]
async fn main() {
    examples::sigterm_after(Duration::from_secs(1));
    std::future::pending().await
}
