//! Times in, places on the axis out: linear, but for quiet stretches that are folded where they hide the rest; pure.

use std::time::Duration;

/// Nanoseconds since the trigger.
pub(super) type Nanos = u64;

pub(super) fn nanos(length: Duration) -> Nanos {
    Nanos::try_from(length.as_nanos()).unwrap_or(Nanos::MAX)
}

/// What a folded stretch takes of the axis, in pixels, however long it is.
const FOLD: f64 = 110.0;
/// A bar that is narrower than this shows that it is there, and no more.
const SEEN: f64 = 3.0;
/// More folds than this explain nothing.
const MOST_FOLDS: usize = 4;

/// Where the axis begins and ends, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    pub(super) left: f64,
    pub(super) right: f64,
}

impl Extent {
    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }
}

/// A part of the axis that is linear in itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) from: Nanos,
    pub(super) to: Nanos,
    pub(super) on: Extent,
    pub(super) folded: bool,
}

impl Piece {
    fn place(&self, at: Nanos) -> f64 {
        let whole = self.to.saturating_sub(self.from).max(1);
        let part = at.clamp(self.from, self.to) - self.from;
        self.on.left + self.on.width() * (part as f64 / whole as f64)
    }
}

/// The time axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) pieces: Vec<Piece>,
}

impl Scale {
    /// The axis on which most is to be seen of what runs in these spans, each a start and an end. A fold has its price: it
    /// must show at least two spans more, and more of many.
    pub(super) fn choose(end: Nanos, spans: &[(Nanos, Nanos)], moments: &[Nanos], on: Extent) -> Self {
        let quiet = quiet_stretches(end, spans, moments);
        let price = (spans.len() / 6).max(2);
        let (mut best, mut best_worth) = (Self::folded(end, &[], on), None);
        for count in 0..=quiet.len().min(MOST_FOLDS) {
            let scale = Self::folded(end, quiet.get(..count).unwrap_or_default(), on);
            let worth = Some(scale.seen(spans) as i64 - (count * price) as i64);
            if worth > best_worth {
                (best, best_worth) = (scale, worth);
            }
        }
        best
    }

    fn seen(&self, spans: &[(Nanos, Nanos)]) -> usize {
        spans.iter().filter(|(start, end)| self.place(*end) - self.place(*start) >= SEEN).count()
    }

    /// Some of the time beside what happens stays as it is, so that a bar is seen to go on into the fold.
    fn folded(end: Nanos, quiet: &[(Nanos, Nanos)], on: Extent) -> Self {
        let folded: Nanos = quiet.iter().map(|(from, to)| to - from).sum();
        let margin = end.saturating_sub(folded) / 20;
        let mut folds: Vec<_> = quiet.iter().map(|(from, to)| (from + margin, to.saturating_sub(margin))).collect();
        folds.retain(|(from, to)| from < to);
        folds.sort_unstable();
        let hidden: Nanos = folds.iter().map(|(from, to)| to - from).sum();
        let linear = (on.width() - FOLD * folds.len() as f64) / end.saturating_sub(hidden).max(1) as f64;
        let mut pieces = Vec::new();
        let (mut from, mut left) = (0, on.left);
        for (start, stop) in folds {
            let edge = left + linear * (start - from) as f64;
            pieces.push(Piece { from, to: start, on: Extent { left, right: edge }, folded: false });
            pieces.push(Piece { from: start, to: stop, on: Extent { left: edge, right: edge + FOLD }, folded: true });
            (from, left) = (stop, edge + FOLD);
        }
        pieces.push(Piece { from, to: end, on: Extent { left, right: on.right }, folded: false });
        Self { pieces }
    }

    /// Where this time is; what comes later than the axis is at its end.
    pub(super) fn place(&self, at: Nanos) -> f64 {
        let piece = self.pieces.iter().find(|piece| at <= piece.to).or(self.pieces.last());
        piece.map_or(0.0, |piece| piece.place(at))
    }

    pub(super) fn end(&self) -> Nanos {
        self.pieces.last().map_or(0, |piece| piece.to)
    }

    pub(super) fn is_linear(&self) -> bool {
        self.pieces.len() == 1
    }

    pub(super) fn folds(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter().filter(|piece| piece.folded)
    }
}

/// The stretches in which nothing begins or ends, that are a fiftieth of the whole or more; the longest first.
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
    const ON: Extent = Extent { left: 100.0, right: 700.0 };

    fn folds(scale: &Scale) -> Vec<(Nanos, Nanos)> {
        scale.folds().map(|piece| (piece.from, piece.to)).collect()
    }

    #[test]
    fn an_ordinary_shutdown_is_linear() {
        let spans = [(0, 121), (122, 373), (374, 674), (374, 575), (674, 1175), (1176, 1176)];
        let spans = spans.map(|(from, to)| (from * MS, to * MS));
        let scale = Scale::choose(1176 * MS, &spans, &[], ON);
        assert_eq!(folds(&scale), []);
        assert_eq!([0, 588, 1176, 5000].map(|at| scale.place(at * MS)), [100.0, 400.0, 700.0, 700.0]);
    }

    #[test]
    fn one_hook_that_takes_all_the_time_is_linear() {
        let scale = Scale::choose(300 * MS, &[(20_000, 300 * MS)], &[], ON);
        assert_eq!(folds(&scale), []);
    }

    #[test]
    fn what_happens_in_the_first_millisecond_of_25_seconds_is_seen() {
        let quick = (0..8).map(|at| (at * MS / 8, (at + 1) * MS / 8));
        let spans: Vec<_> = quick.chain([(MS, 25_000 * MS)]).collect();
        let scale = Scale::choose(25_000 * MS, &spans, &[], ON);
        assert_eq!(folds(&scale), [(MS + MS / 20, 25_000 * MS - MS / 20)]);
        assert_eq!(scale.seen(&spans), spans.len());
        assert!(scale.place(MS) > 500.0, "{scale:?}");
    }

    #[test]
    fn both_ends_of_a_long_wait_are_seen() {
        let at = |from: Nanos| (0..6).map(move |n| (from + n * MS / 9, from + (n + 1) * MS / 9));
        let spans: Vec<_> = at(5_000 * MS).chain([(5_001 * MS, 10_000 * MS)]).chain(at(10_000 * MS)).collect();
        let scale = Scale::choose(10_001 * MS, &spans, &[0], ON);
        assert_eq!(folds(&scale).len(), 2, "{scale:?}");
        assert_eq!(scale.seen(&spans), spans.len(), "{scale:?}");
        assert!(scale.pieces.iter().zip(scale.pieces.iter().skip(1)).all(|(one, next)| one.to == next.from));
    }

    #[test]
    fn a_time_never_goes_back() {
        let spans: Vec<_> = (0..9).map(|n| (n * MS / 8, (n + 1) * MS / 8)).chain([(0, 9_000 * MS)]).collect();
        let scale = Scale::choose(9_000 * MS, &spans, &[], ON);
        let places: Vec<f64> = (0..9_000).map(|at| scale.place(at * MS)).collect();
        assert!(places.is_sorted());
        assert_eq!((scale.place(0), scale.place(9_000 * MS)), (100.0, 700.0));
    }

    #[test]
    fn a_shutdown_of_no_time_at_all_has_an_axis() {
        let scale = Scale::choose(0, &[(0, 0)], &[0], ON);
        assert_eq!(scale.place(0), 100.0);
    }
}
