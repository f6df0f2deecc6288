//! Writes durations as people write them: `12 µs`, `350 ms`, `4.2 s`, `1m 30s`.
//!
//! `runtime/src/duration_text.rs` writes them in the same way. The test `tests/report/tests/report/reader.rs` compares the two.

use std::fmt;
use std::time::Duration;

/// Displays a duration with at most four digits below a minute.
#[derive(Clone, Copy)]
pub(crate) struct HumanDuration(pub(crate) Duration);

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

/// Two decimals, cut and not rounded (a hook never shows more time than it took), without trailing zeros.
fn decimal(micros: u64, unit: u64, name: &str) -> String {
    let hundredths = micros * 100 / unit;
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match (part, part % 10) {
        (0, _) => format!("{whole} {name}"),
        (_, 0) => format!("{whole}.{} {name}", part / 10),
        _ => format!("{whole}.{part:02} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_as_people_write_it() {
        let shown = |micros| HumanDuration(Duration::from_micros(micros)).to_string();
        assert_eq!(shown(0), "0 µs");
        assert_eq!(shown(1_500), "1.5 ms");
        assert_eq!(shown(350_000), "350 ms");
        assert_eq!(shown(5_000_000), "5 s");
        assert_eq!(shown(21_250_000), "21.25 s");
        assert_eq!(shown(1_050_000), "1.05 s");
        assert_eq!(shown(59_999_999), "59.99 s");
        assert_eq!(shown(90_000_000), "1m 30s");
    }
}
