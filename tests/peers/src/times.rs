//! Reads from the environment how long the programs wait, so that all wait equally long.

use std::time::Duration;

pub const HOOK_TIMEOUT: &str = "HOOK_TIMEOUT_MS";
pub const OVERALL_TIMEOUT: &str = "OVERALL_TIMEOUT_MS";

/// How long one hook may take.
pub fn hook_timeout() -> Duration {
    of(HOOK_TIMEOUT)
}

/// How long all of them may take together. Where a library has no timeout for one hook, this is all there is.
pub fn overall_timeout() -> Duration {
    of(OVERALL_TIMEOUT)
}

fn of(variable: &str) -> Duration {
    let millis = std::env::var(variable).expect(variable);
    Duration::from_millis(millis.parse().expect(variable))
}
