//! A scale in, round ticks with their labels out; pure, and in whole nanoseconds.

use std::time::Duration;

use super::scale::{Nanos, Piece, Scale};
use crate::length::Length;

/// Two ticks are at least this far apart, in pixels: a label's width and as much again.
const APART: f64 = 76.0;
const SECOND: Nanos = 1_000_000_000;

/// A mark on the axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) place: f64,
    pub(super) label: String,
    /// The others count from this one, which stands at a fold.
    pub(super) is_base: bool,
}

/// The ticks of every part of the axis that is not folded.
pub(super) fn ticks(scale: &Scale) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    for piece in scale.pieces.iter().filter(|piece| !piece.folded) {
        let free_from = ticks.last().map_or(f64::MIN, |tick| tick.place + APART / 2.0);
        ticks.extend(piece_ticks(scale, piece).into_iter().filter(|tick| tick.place >= free_from));
    }
    ticks
}

fn piece_ticks(scale: &Scale, piece: &Piece) -> Vec<Tick> {
    let step = round_step(piece.to - piece.from, piece.on.width());
    let is_late = step < piece.from / 200;
    let first = if is_late { piece.from } else { piece.from.next_multiple_of(step) };
    let count = (piece.to.saturating_sub(first)) / step;
    let label = |at: Nanos| match at - first {
        // So long after the trigger that a label would be all digits: counted from here.
        0 if is_late => Length(Duration::from_nanos(at)).to_string(),
        since if is_late => format!("+{}", label(since, piece.to - first)),
        _ => label(at, piece.to),
    };
    let ticks = (0..=count).map(|n| first + n * step).filter(|at| *at <= piece.to);
    ticks.map(|at| Tick { place: scale.place(at), label: label(at), is_base: is_late && at == first }).collect()
}

/// The smallest of 1, 2, 5, 10 .. ns to 5 s, then 10, 20, 30 s, 1, 2, 5, 10, 30 min, 1, 2, 6, 12 h and days with which
/// ticks are far enough apart.
fn round_step(span: Nanos, width: f64) -> Nanos {
    let most = (width / APART).floor().max(1.0) as Nanos;
    let decimal =
        (0..10).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power))).filter(|it| *it < 10 * SECOND);
    let sexagesimal =
        [10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400].map(|seconds| seconds * SECOND);
    let days = (2..).map(|days| days * 86_400 * SECOND);
    decimal.chain(sexagesimal).chain(days).find(|step| span / step <= most).unwrap_or(SECOND)
}

/// The time in the unit that the largest on the axis asks for, with all its digits and no more.
fn label(at: Nanos, largest: Nanos) -> String {
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
    use super::super::scale::Extent;
    use super::*;

    const MS: Nanos = 1_000_000;
    const ON: Extent = Extent { left: 0.0, right: 560.0 };

    fn labels(end: Nanos) -> String {
        let scale = Scale::choose(end, &[], &[], ON);
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
        let scale = Scale::choose(25_001 * MS, &spans, &[], ON);
        let labels: Vec<String> = ticks(&scale).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["0", "0.5 ms", "1 ms", "24.99 s", "+0.5 ms", "+1 ms"]);
    }

    #[test]
    fn labels_never_touch() {
        for end in (1..60).map(|n| n * n * n * 1_234_567) {
            let ticks = ticks(&Scale::choose(end, &[], &[], ON));
            let gaps = ticks.iter().zip(ticks.iter().skip(1)).map(|(one, next)| next.place - one.place);
            assert!(gaps.into_iter().all(|gap| gap > 50.0), "{end}: {ticks:?}");
            assert!(ticks.len() > 2, "{end}: {ticks:?}");
        }
    }
}
