//! Formats times of the system clock.

use std::fmt::Display;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The beginning of the year 10000, in seconds since 1970. humantime formats no later times.
const END: Duration = Duration::from_secs(253_402_300_800);

/// Returns the time as RFC 3339 in UTC, with milliseconds. `None` for a clock that is wrong: before 1970 or after 9999.
pub(crate) fn utc(time: SystemTime) -> Option<impl Display> {
    let is_in_range = time.duration_since(UNIX_EPOCH).is_ok_and(|since| since < END);
    is_in_range.then(|| humantime::format_rfc3339_millis(time))
}
