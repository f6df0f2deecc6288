//! Formats times of the system clock.
//!
//! `report/src/wall_clock.rs` formats the same texts; the test `tests/report/tests/report/reader.rs` compares them.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

/// Returns the time as RFC 3339 in UTC, with milliseconds. `None` for a clock that is wrong: before 1970 or after 9999.
pub(crate) fn utc(time: SystemTime) -> Option<impl Display> {
    in_range(time).map(humantime::format_rfc3339_millis)
}

/// Returns the time as [`utc`] does, with microseconds.
#[cfg(feature = "json")]
pub(crate) fn utc_micros(time: SystemTime) -> Option<impl Display> {
    in_range(time).map(humantime::format_rfc3339_micros)
}

/// Cuts off what is less than a microsecond. A number of seconds with 64 bits holds no more, so a report that is read from
/// JSON has the same time.
pub(crate) fn whole_micros(time: SystemTime) -> SystemTime {
    let nanos = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_nanos() % 1_000);
    time.checked_sub(Duration::from_nanos(nanos.into())).unwrap_or(time)
}

fn in_range(time: SystemTime) -> Option<SystemTime> {
    /// The beginning of the year 10000, in seconds since 1970. humantime formats no later times.
    const END: Duration = Duration::from_secs(253_402_300_800);
    time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since < END).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_wrong_has_no_text() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(utc(at(1_790_000_000)).map(|time| time.to_string()).as_deref(), Some("2026-09-21T14:13:20.000Z"));
        assert!(utc(at(253_402_300_800)).is_none());
        let odd = at(1) + Duration::from_nanos(1_234_567);
        assert_eq!(whole_micros(odd), at(1) + Duration::from_micros(1_234));
        assert!(utc(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).is_none());
    }
}
