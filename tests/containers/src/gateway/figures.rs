//! Computes the figures of rolling replacements, for each way to stop.

use std::panic::resume_unwind;
use std::thread;

use super::{Replacement, Stop, replace_all};
use crate::{Connections, Figure, Unavailable};

/// With and without keep-alive, all at the same time, each with a network of its own.
pub(crate) fn figures() -> Result<Vec<Figure>, Unavailable> {
    let stops = [Stop::Draining, Stop::WithoutDelay, Stop::Kill];
    let pairs = thread::scope(|scope| {
        let start = |stop, connections| scope.spawn(move || replace_all(stop, connections));
        let pairs =
            stops.map(|stop| [Connections::Kept, Connections::Fresh].map(|connections| start(stop, connections)));
        pairs.map(|pair| pair.map(|run| run.join().unwrap_or_else(|panic| resume_unwind(panic))))
    });
    let mut figures = Vec::new();
    for (stop, [kept, fresh]) in stops.into_iter().zip(pairs) {
        figures.extend(figures_of(stop, &[kept?, fresh?]));
    }
    Ok(figures)
}

fn figures_of(stop: Stop, runs: &[Replacement]) -> [Figure; 2] {
    let sum = |count: fn(&Replacement) -> usize| runs.iter().map(count).sum::<usize>();
    let (sent, lost) = (sum(|run| run.tally.sent), sum(|run| run.tally.lost()));
    let (how, holds) = match stop {
        Stop::Draining => ("with draining", lost == 0),
        Stop::WithoutDelay => ("without a drain delay", lost > 0),
        Stop::Kill => ("killed at once", lost > 0),
    };
    [
        Figure::new(format!("requests sent, {how}"), sent, sent > 0),
        Figure::new(format!("requests lost, {how}"), lost, holds),
    ]
}
