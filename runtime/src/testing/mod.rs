//! Simulates a shutdown in a unit test, without a signal, without an exit, and on a virtual clock. Also asserts which hooks
//! are linked.
//!
//! Needs the feature `testing`; enable it in `[dev-dependencies]`.
//!
//! ```standalone_crate
//! use std::time::Duration;
//! use on_shutdown::testing::Shutdown;
//! use on_shutdown::{Outcome, Signal, on_shutdown};
//!
//! #[on_shutdown(timeout = "2s")]
//! async fn flush_orders() {
//!     tokio::time::sleep(Duration::from_millis(300)).await;
//! }
//!
//! #[on_shutdown(phase = close, after = [flush_orders], timeout = "1s")]
//! fn close_pool() {}
//!
//! # fn main() {
//! // In a `#[test]`:
//! let report = Shutdown::new().start(Signal::SIGTERM).finish();
//! assert_eq!(report.exit_code, 0);
//! assert_eq!(report.duration, Duration::from_millis(300));
//!
//! let report = Shutdown::new().hang("flush_orders").start(Signal::SIGTERM).finish();
//! assert_eq!(report.exit_code, 124);
//! assert_eq!(report.hook("close_pool").map(|hook| &hook.outcome), Some(&Outcome::Completed));
//! # }
//! ```
//!
//! The simulation runs the program's own hooks. The same code as in production decides the order, the timeouts and the
//! shares of time. These things differ:
//!
//! - One thread runs everything: the thread of the test, or another one if the test is async (`#[tokio::test]`). A hook
//!   that really blocks its thread blocks the test.
//! - A hook that holds its thread for less than 500 ms takes no virtual time, so that durations in reports do not depend
//!   on the machine. If it holds its thread longer, with `std::thread::sleep` or a slow computation, this real time is
//!   added to the virtual time. The hook then exceeds its timeout as in production, where shorter times count as well. A
//!   test sets these with [`delay`](Shutdown::delay).
//! - Readiness and work in flight ([`is_ready`](crate::is_ready), [`draining`](crate::draining),
//!   [`in_flight`](crate::in_flight())) belong to the process. The simulation does not change them, so that concurrent
//!   tests do not affect each other. The test sets the work in flight with [`in_flight`](Shutdown::in_flight).
//! - Environment variables are not read.
//!
//! A mistake in a call of this module panics, with a message that says what to write instead.

pub use linked::{assert_dependencies_linked, assert_fits, assert_hooks};
pub use shutdown::{RunningShutdown, Shutdown};
pub use warnings::assert_no_warnings;

#[cfg(test)]
mod auto_trait_tests;
mod clean;
mod linked;
mod own_library;
mod shutdown;
mod warnings;

/// Panics at the location of the caller.
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by a panic, and this module runs only in tests")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}
