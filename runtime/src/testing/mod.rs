//! For tests of programs that have hooks, with the feature `testing`: a whole shutdown in a unit test, without a signal,
//! without an exit, and under a virtual clock; and asserts on what is linked.
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
//! The hooks are the user's own, and the order, the timeouts and the shares of time are decided by the same code as in
//! production. What is different: one thread runs everything; sync hooks take no time on the virtual clock, unless the
//! test says [`takes`](Shutdown::takes); one that really blocks blocks the test. Readiness and work in flight
//! ([`is_ready`](crate::is_ready), [`draining`](crate::draining), [`in_flight`](crate::in_flight())) belong to the
//! process and are left alone, so that tests that run at the same time do not disturb one another: work in flight is
//! what the test says with [`in_flight`](Shutdown::in_flight). Variables of the environment are not read.
//!
//! Every mistake in the use of this module is a panic that says what to write instead.

pub use linked::{assert_dependencies_linked, assert_fits, assert_hooks};
pub use shutdown::{Cause, Running, Shutdown};

mod linked;
mod shutdown;

/// A test fails by a panic, here at the test's own place.
#[track_caller]
#[expect(clippy::panic, reason = "a test fails by a panic; nothing here runs outside of tests")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}
