//! Chooses round ticks for the time axis, and their labels.

use std::time::Duration;

use super::time_scale::{AxisSegment, Nanos, TimeScale};
use crate::human_duration::HumanDuration;

/// The least distance of two ticks in pixels: the width of a label, twice.
const MIN_DISTANCE: f64 = 76.0;
const SECOND: Nanos = 1_000_000_000;

/// A tick of the axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) x: f64,
    pub(super) label: String,
    /// Whether the labels of the following ticks count from this one, which is at a fold.
    pub(super) is_base: bool,
}

/// Returns the ticks of all segments that are not folded.
pub(super) fn ticks(scale: &TimeScale) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    for segment in scale.segments.iter().filter(|segment| !segment.is_folded) {
        let free_from = ticks.last().map_or(f64::MIN, |tick| tick.x + MIN_DISTANCE / 2.0);
        ticks.extend(segment_ticks(scale, segment).into_iter().filter(|tick| tick.x >= free_from));
    }
    ticks
}

fn segment_ticks(scale: &TimeScale, segment: &AxisSegment) -> Vec<Tick> {
    let step = round_step(segment.to.saturating_sub(segment.from), segment.pixels.width());
    // So long after the trigger that a full label would be all digits: the labels count from the segment's start.
    let is_late = step < segment.from / 200;
    let first = if is_late { segment.from } else { segment.from.next_multiple_of(step) };
    let count = segment.to.saturating_sub(first) / step;
    let label = |at: Nanos| match at - first {
        0 if is_late => HumanDuration(Duration::from_nanos(at)).to_string(),
        since if is_late => format!("+{}", tick_label(since, segment.to - first)),
        _ => tick_label(at, segment.to),
    };
    let ticks = (0..=count).map(|n| first + n * step).filter(|at| *at <= segment.to);
    ticks.map(|at| Tick { x: scale.position(at), label: label(at), is_base: is_late && at == first }).collect()
}

/// Returns the smallest round step with which ticks are far enough apart: 1, 2, 5, 10 .. ns to 5 s, then 10, 20, 30 s,
/// 1, 2, 5, 10, 30 min, 1, 2, 6, 12 h, and days.
fn round_step(span: Nanos, width: f64) -> Nanos {
    let max_ticks = (width / MIN_DISTANCE).floor().max(1.0) as Nanos;
    let decimal =
        (0..10).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power))).filter(|it| *it < 10 * SECOND);
    let sexagesimal =
        [10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400].map(|seconds| seconds * SECOND);
    let days = (2..=20_000).map(|days| days * 86_400 * SECOND);
    decimal.chain(sexagesimal).chain(days).find(|step| span / step <= max_ticks).unwrap_or(span.max(1))
}

/// Writes the time in the unit of the largest time on the axis, with all its digits and no more.
fn tick_label(at: Nanos, largest: Nanos) -> String {
    let (unit, name) = match largest {
        0..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..SECOND => (1_000_000, "ms"),
        _ => (SECOND, "s"),
    };
    if at >= 60 * SECOND && at % SECOND == 0 {
        return humantime::format_duration(Duration::from_nanos(at)).to_string();
    }
    let (whole, rest) = (at / unit, at % unit);
    if rest == 0 {
        return if whole == 0 { "0".to_owned() } else { format!("{whole} {name}") };
    }
    let digits = unit.ilog10() as usize;
    let decimals = format!("{rest:0digits$}");
    format!("{whole}.{} {name}", decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::super::time_scale::PixelRange;
    use super::*;

    const MS: Nanos = 1_000_000;
    const ON: PixelRange = PixelRange { left: 0.0, right: 560.0 };

    fn labels(end: Nanos) -> String {
        let scale = TimeScale::choose(end, &[], &[], ON);
        ticks(&scale).iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn ticks_are_round_at_every_length() {
        assert_eq!(labels(37_000), "0 | 5 µs | 10 µs | 15 µs | 20 µs | 25 µs | 30 µs | 35 µs");
        assert_eq!(labels(900), "0 | 200 ns | 400 ns | 600 ns | 800 ns");
        assert_eq!(labels(1_176 * MS), "0 | 0.2 s | 0.4 s | 0.6 s | 0.8 s | 1 s");
        assert_eq!(labels(43 * MS), "0 | 10 ms | 20 ms | 30 ms | 40 ms");
        assert_eq!(labels(25_000 * MS), "0 | 5 s | 10 s | 15 s | 20 s | 25 s");
        assert_eq!(labels(85_000 * MS), "0 | 20 s | 40 s | 1m | 1m 20s");
        assert_eq!(labels(3 * 3_600 * SECOND), "0 | 30m | 1h | 1h 30m | 2h | 2h 30m | 3h");
        assert_eq!(labels(7 * 86_400 * SECOND), "0 | 1day | 2days | 3days | 4days | 5days | 6days | 7days");
    }

    #[test]
    fn after_a_fold_ticks_count_from_its_end() {
        let spans: Vec<_> = (0..9).map(|n| (n * MS / 9, (n + 1) * MS / 9)).collect();
        let late = spans.iter().map(|(from, to)| (from + 25_000 * MS, to + 25_000 * MS));
        let spans: Vec<_> = spans.iter().copied().chain(late).collect();
        let scale = TimeScale::choose(25_001 * MS, &spans, &[], ON);
        let labels: Vec<String> = ticks(&scale).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0", "0.5 ms", "1 ms", "24.99 s", "+0.5 ms", "+1 ms"]);
    }

    #[test]
    fn labels_never_touch() {
        for end in (1..60).map(|n| n * n * n * 1_234_567) {
            let ticks = ticks(&TimeScale::choose(end, &[], &[], ON));
            let gaps = ticks.iter().zip(ticks.iter().skip(1)).map(|(one, next)| next.x - one.x);
            assert!(gaps.into_iter().all(|gap| gap > 50.0), "{end}: {ticks:?}");
            assert!(ticks.len() > 2, "{end}: {ticks:?}");
        }
    }
}
