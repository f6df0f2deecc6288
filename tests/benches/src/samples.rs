//! Computes the median and percentiles of measured values, with a unit.

use std::fmt;

#[derive(Clone, Debug)]
pub struct Samples {
    sorted: Vec<f64>,
    pub unit: &'static str,
}

impl Samples {
    pub fn new(values: impl IntoIterator<Item = f64>, unit: &'static str) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        assert!(!sorted.is_empty(), "nothing was measured");
        sorted.sort_by(f64::total_cmp);
        Self { sorted, unit }
    }

    /// Moments are nanoseconds.
    pub fn micros(nanos: impl IntoIterator<Item = u64>) -> Self {
        Self::new(nanos.into_iter().map(|nanos| nanos as f64 / 1e3), "µs")
    }

    pub fn percentile(&self, percent: usize) -> f64 {
        self.sorted[((self.sorted.len() - 1) * percent + 50) / 100]
    }

    pub fn median(&self) -> f64 {
        self.percentile(50)
    }
}

/// The median, and in brackets the 10th and the 99th percentile.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = [10, 99].map(|percent| short(self.percentile(percent)));
        write!(f, "{} {} ({low}–{high})", short(self.median()), self.unit)
    }
}

/// Formats three significant digits, and one more for ratios close to one.
pub fn short(value: f64) -> String {
    let digits = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        2.0.. => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}
