//! Asserts that a shutdown went well.

use super::fail;
use crate::report::Report;

impl Report {
    /// Asserts that the shutdown was a [success](Self::is_success). A value that was not provided makes this fail, as do a
    /// hook that failed, panicked or timed out, and work in flight that was cut off.
    ///
    /// # Panics
    /// Panics if the shutdown was not a success. The message contains the whole report.
    ///
    /// # Examples
    /// ```standalone_crate
    /// use on_shutdown::testing::Shutdown;
    /// use on_shutdown::{Signal, on_shutdown};
    ///
    /// #[derive(Clone)]
    /// struct Pool;
    ///
    /// #[on_shutdown(phase = close)]
    /// fn close_pool(pool: &Pool) {
    ///     let _ = pool;
    /// }
    ///
    /// # fn main() {
    /// // In a `#[test]`:
    /// Shutdown::new().provide(Pool).start(Signal::SIGTERM).finish().assert_clean();
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_clean(&self) {
        if !self.is_success() {
            fail(&format!("the shutdown was not a success; exit code {}\n{self}", self.exit_code));
        }
    }
}
