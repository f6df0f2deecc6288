//! Turns times into positions on the axis.
//!
//! The axis is linear, except that long stretches in which nothing begins or ends are folded if they would hide the rest.

use std::time::Duration;

/// Nanoseconds since the trigger.
pub(super) type Nanos = u64;

/// More than 100 years. Sums of a few times stay below the limit of 64 bits.
const MAX_NANOS: Nanos = 4_000_000_000_000_000_000;

pub(super) fn nanos(duration: Duration) -> Nanos {
    Nanos::try_from(duration.as_nanos()).unwrap_or(MAX_NANOS).min(MAX_NANOS)
}

/// The width of a folded stretch in pixels, independent of its duration.
const FOLD_WIDTH: f64 = 110.0;
/// The width in pixels from which on the length of a bar can be recognized.
const VISIBLE_WIDTH: f64 = 3.0;
/// With more folds than this, the axis cannot be read.
const MAX_FOLDS: usize = 4;

/// A part of the picture from left to right, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PixelRange {
    pub(super) left: f64,
    pub(super) right: f64,
}

impl PixelRange {
    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }
}

/// A part of the axis that is linear in itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct AxisSegment {
    pub(super) from: Nanos,
    pub(super) to: Nanos,
    pub(super) pixels: PixelRange,
    pub(super) is_folded: bool,
}

impl AxisSegment {
    fn position(&self, at: Nanos) -> f64 {
        let whole = self.to.saturating_sub(self.from).max(1);
        let part = at.clamp(self.from, self.to.max(self.from)) - self.from;
        self.pixels.left + self.pixels.width() * (part as f64 / whole as f64)
    }
}

/// The time axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimeScale {
    pub(super) segments: Vec<AxisSegment>,
}

impl TimeScale {
    /// Chooses the folds with which most of the spans, each a start and an end, are visible.
    ///
    /// Each fold must make at least two more spans visible, and more than two if there are many spans.
    pub(super) fn choose(end: Nanos, spans: &[(Nanos, Nanos)], moments: &[Nanos], pixels: PixelRange) -> Self {
        let quiet = quiet_stretches(end, spans, moments);
        let price = (spans.len() / 6).max(2);
        let (mut best, mut best_worth) = (Self::with_folds(end, &[], pixels), None);
        for count in 0..=quiet.len().min(MAX_FOLDS) {
            let scale = Self::with_folds(end, quiet.get(..count).unwrap_or_default(), pixels);
            let worth = Some(scale.count_visible(spans) as i64 - (count * price) as i64);
            if worth > best_worth {
                (best, best_worth) = (scale, worth);
            }
        }
        best
    }

    fn count_visible(&self, spans: &[(Nanos, Nanos)]) -> usize {
        let is_visible = |(start, end): &&(Nanos, Nanos)| self.position(*end) - self.position(*start) >= VISIBLE_WIDTH;
        spans.iter().filter(is_visible).count()
    }

    /// Folds the quiet stretches, except for a margin at both ends: the reader sees that a bar continues into the fold.
    fn with_folds(end: Nanos, quiet: &[(Nanos, Nanos)], pixels: PixelRange) -> Self {
        let folded: Nanos = quiet.iter().map(|(from, to)| to - from).sum();
        let margin = end.saturating_sub(folded) / 20;
        let mut folds: Vec<_> = quiet.iter().map(|(from, to)| (from + margin, to.saturating_sub(margin))).collect();
        folds.retain(|(from, to)| from < to);
        folds.sort_unstable();
        let hidden: Nanos = folds.iter().map(|(from, to)| to - from).sum();
        let pixels_per_nano =
            (pixels.width() - FOLD_WIDTH * folds.len() as f64) / end.saturating_sub(hidden).max(1) as f64;
        let mut segments = Vec::new();
        let (mut from, mut left) = (0, pixels.left);
        for (start, stop) in folds {
            let edge = left + pixels_per_nano * (start - from) as f64;
            let (linear, fold) =
                (PixelRange { left, right: edge }, PixelRange { left: edge, right: edge + FOLD_WIDTH });
            segments.push(AxisSegment { from, to: start, pixels: linear, is_folded: false });
            segments.push(AxisSegment { from: start, to: stop, pixels: fold, is_folded: true });
            (from, left) = (stop, fold.right);
        }
        let last = PixelRange { left, right: pixels.right };
        segments.push(AxisSegment { from, to: end, pixels: last, is_folded: false });
        Self { segments }
    }

    /// Returns the position of a time. A time after the end of the axis is drawn at the end.
    pub(super) fn position(&self, at: Nanos) -> f64 {
        let segment = self.segments.iter().find(|segment| at <= segment.to).or(self.segments.last());
        segment.map_or(0.0, |segment| segment.position(at))
    }

    pub(super) fn end(&self) -> Nanos {
        self.segments.last().map_or(0, |segment| segment.to)
    }

    pub(super) fn is_linear(&self) -> bool {
        self.segments.len() == 1
    }

    pub(super) fn folds(&self) -> impl Iterator<Item = &AxisSegment> {
        self.segments.iter().filter(|segment| segment.is_folded)
    }
}

/// Returns the stretches in which nothing begins or ends and that take a fiftieth of the whole or more, longest first.
fn quiet_stretches(end: Nanos, spans: &[(Nanos, Nanos)], moments: &[Nanos]) -> Vec<(Nanos, Nanos)> {
    let edges = spans.iter().flat_map(|(start, stop)| [*start, *stop]);
    let mut times: Vec<Nanos> = edges.chain(moments.iter().copied()).chain([0, end]).map(|at| at.min(end)).collect();
    times.sort_unstable();
    let pairs = times.iter().zip(times.iter().skip(1)).map(|(from, to)| (*from, *to));
    let mut quiet: Vec<_> = pairs.filter(|(from, to)| to - from >= end / 50 && to > from).collect();
    quiet.sort_by_key(|(from, to)| std::cmp::Reverse(to - from));
    quiet
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Nanos = 1_000_000;
    const ON: PixelRange = PixelRange { left: 100.0, right: 700.0 };

    fn folds(scale: &TimeScale) -> Vec<(Nanos, Nanos)> {
        scale.folds().map(|segment| (segment.from, segment.to)).collect()
    }

    #[test]
    fn an_ordinary_shutdown_is_linear() {
        let spans = [(0, 121), (122, 373), (374, 674), (374, 575), (674, 1175), (1176, 1176)];
        let spans = spans.map(|(from, to)| (from * MS, to * MS));
        let scale = TimeScale::choose(1176 * MS, &spans, &[], ON);
        assert_eq!(folds(&scale), []);
        assert_eq!([0, 588, 1176, 5000].map(|at| scale.position(at * MS)), [100.0, 400.0, 700.0, 700.0]);
    }

    #[test]
    fn one_hook_that_takes_all_the_time_is_linear() {
        let scale = TimeScale::choose(300 * MS, &[(20_000, 300 * MS)], &[], ON);
        assert_eq!(folds(&scale), []);
    }

    #[test]
    fn the_first_millisecond_of_25_seconds_is_visible() {
        let quick = (0..8).map(|at| (at * MS / 8, (at + 1) * MS / 8));
        let spans: Vec<_> = quick.chain([(MS, 25_000 * MS)]).collect();
        let scale = TimeScale::choose(25_000 * MS, &spans, &[], ON);
        assert_eq!(folds(&scale), [(MS + MS / 20, 25_000 * MS - MS / 20)]);
        assert_eq!(scale.count_visible(&spans), spans.len());
        assert!(scale.position(MS) > 500.0, "{scale:?}");
    }

    #[test]
    fn both_ends_of_a_long_wait_are_visible() {
        let at = |from: Nanos| (0..6).map(move |n| (from + n * MS / 9, from + (n + 1) * MS / 9));
        let spans: Vec<_> = at(5_000 * MS).chain([(5_001 * MS, 10_000 * MS)]).chain(at(10_000 * MS)).collect();
        let scale = TimeScale::choose(10_001 * MS, &spans, &[0], ON);
        assert_eq!(folds(&scale).len(), 2, "{scale:?}");
        assert_eq!(scale.count_visible(&spans), spans.len(), "{scale:?}");
        assert!(scale.segments.iter().zip(scale.segments.iter().skip(1)).all(|(one, next)| one.to == next.from));
    }

    #[test]
    fn positions_grow_with_time() {
        let spans: Vec<_> = (0..9).map(|n| (n * MS / 8, (n + 1) * MS / 8)).chain([(0, 9_000 * MS)]).collect();
        let scale = TimeScale::choose(9_000 * MS, &spans, &[], ON);
        let positions: Vec<f64> = (0..9_000).map(|at| scale.position(at * MS)).collect();
        assert!(positions.is_sorted());
        assert_eq!((scale.position(0), scale.position(9_000 * MS)), (100.0, 700.0));
    }

    #[test]
    fn a_shutdown_of_no_time_at_all_has_an_axis() {
        let scale = TimeScale::choose(0, &[(0, 0)], &[0], ON);
        assert_eq!(scale.position(0), 100.0);
    }
}
