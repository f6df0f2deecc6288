//! Formats durations for people, and parses durations that people write.
//!
//! The texts are `12 µs`, `350 ms`, `4.2 s`, `1m 30s`. `report/src/human_duration.rs` formats the same texts; the test
//! `tests/report/tests/report/reader.rs` compares them. The macro crate has its own parser, because it cannot depend on
//! this crate.

use std::fmt;
use std::time::Duration;

/// Displays a duration with at most two decimals below a minute, and in whole seconds from a minute on.
#[derive(Clone, Copy)]
pub(crate) struct HumanDuration(pub(crate) Duration);

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Integers, because a float would round 59.999 s up to 60 s.
        let micros = u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX);
        let text = match micros {
            0..1_000 => format!("{micros} µs"),
            1_000..10_000 => decimal(micros, 1_000, "ms"),
            10_000..1_000_000 => format!("{} ms", micros / 1_000),
            1_000_000..60_000_000 => decimal(micros, 1_000_000, "s"),
            _ => humantime::format_duration(Duration::from_secs(self.0.as_secs())).to_string(),
        };
        f.pad(&text)
    }
}

/// Formats `micros` in this unit with two decimals, without trailing zeros.
///
/// Cuts the decimals instead of rounding them, so that no hook shows more time than it took.
fn decimal(micros: u64, unit: u64, name: &str) -> String {
    let hundredths = micros * 100 / unit;
    let (whole, fraction) = (hundredths / 100, hundredths % 100);
    match (fraction, fraction % 10) {
        (0, _) => format!("{whole} {name}"),
        (_, 0) => format!("{whole}.{} {name}", fraction / 10),
        _ => format!("{whole}.{fraction:02} {name}"),
    }
}

/// Parses a duration: `25s`, `1m30s`.
///
/// # Errors
/// Returns the mistake and what to write instead.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    if !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("the unit is missing; write `{trimmed}s`"));
    }
    // humantime reads `M` as months. A grace period of months is a mistake.
    if trimmed.contains('M') {
        return Err(format!("`M` is a month; write `{}`", trimmed.replace('M', "m")));
    }
    parse_human(trimmed).map_err(|error| format!("{error}; write for example `25s` or `1m30s`"))
}

/// Parses a duration as humantime does, but refuses numbers that are close to the limit. humantime 2.4 panics if the
/// seconds are `u64::MAX` and the parts of a second add up to one more. The macro crate has the same function.
fn parse_human(text: &str) -> Result<Duration, humantime::DurationError> {
    // A year is the longest unit: the sum of all numbers, taken as years, is at least the duration.
    const MAX_SUM: u64 = u64::MAX / (366 * 24 * 3600);
    // humantime ignores spaces inside of a number.
    let text_without_space: String = text.split_whitespace().collect();
    let numbers = text_without_space.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    let sum =
        numbers.map(|part| part.parse().ok()).try_fold(0_u64, |sum, number: Option<u64>| sum.checked_add(number?));
    match sum {
        Some(..=MAX_SUM) => humantime::parse_duration(text),
        _ => Err(humantime::DurationError::NumberOverflow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_two_decimals_and_no_trailing_zeros() {
        let text = |micros| HumanDuration(Duration::from_micros(micros)).to_string();
        assert_eq!(text(0), "0 µs");
        assert_eq!(text(1_500), "1.5 ms");
        assert_eq!(text(350_000), "350 ms");
        assert_eq!(text(5_000_000), "5 s");
        assert_eq!(text(21_250_000), "21.25 s");
        assert_eq!(text(1_050_000), "1.05 s");
        assert_eq!(text(59_999_999), "59.99 s");
        assert_eq!(text(90_000_000), "1m 30s");
    }

    #[test]
    fn a_duration_that_is_too_long_is_an_error() {
        let seconds = u64::MAX;
        for text in ["1000ms", "1000000000ns", "500ms 500ms", "1s", "0s"].map(|rest| format!("{seconds}s {rest}")) {
            assert!(parse(&text).is_err_and(|error| error.contains("number is too large")), "{text}");
        }
        assert!(parse("584542046090y 22112015s 1000ms").is_err());
        assert_eq!(parse("1 0 m30s"), Ok(Duration::from_secs(630)));
        assert_eq!(parse("100000000000ns"), Ok(Duration::from_secs(100)));
        assert_eq!(parse("0.000000001s"), Ok(Duration::from_nanos(1)));
    }
}
