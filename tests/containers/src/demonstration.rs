//! Nothing in; the figures that show what shutdown in order is worth, each from a scenario that the tests run too, out.

use std::fmt;
use std::panic::resume_unwind;
use std::thread;

use crate::gateway::{Replacement, Stop, replace_all};
use crate::http::Connections;
use crate::{Unavailable, docker};

/// Something that happens for real, and what is measured of it.
pub struct Scenario {
    pub title: &'static str,
    run: fn() -> Result<Vec<Figure>, Unavailable>,
}

impl Scenario {
    /// Refuses where it cannot run: no docker, no network for a package.
    pub fn run(&self) -> Result<Vec<Figure>, Unavailable> {
        docker::ready().and_then(|()| (self.run)())
    }
}

/// All there are, in the order in which they are shown.
pub const SCENARIOS: &[Scenario] =
    &[Scenario { title: "three replicas behind HAProxy, replaced one after another under load", run: requests }];

/// One number with its name.
pub struct Figure {
    name: String,
    value: String,
    /// Whether it is as it should be; also a control that shows nothing makes the whole worth nothing.
    pub holds: bool,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: impl fmt::Display, holds: bool) -> Self {
        Self { name: name.into(), value: value.to_string(), holds }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = if self.holds { "" } else { "  <- not as promised" };
        write!(f, "{:.<52} {:>6}{note}", format!("{} ", self.name), self.value)
    }
}

/// With and without keep-alive, all at the same time, each with a network of its own.
fn requests() -> Result<Vec<Figure>, Unavailable> {
    let stops = [Stop::Draining, Stop::WithoutDelay, Stop::Kill];
    let runs: Vec<Result<[Replacement; 2], Unavailable>> = thread::scope(|scope| {
        let runs: Vec<_> = stops
            .iter()
            .map(|stop| {
                [Connections::Kept, Connections::Fresh]
                    .map(|connections| scope.spawn(move || replace_all(*stop, connections)))
            })
            .collect();
        runs.into_iter()
            .map(|pair| {
                let [kept, fresh] = pair.map(|run| run.join().unwrap_or_else(|panic| resume_unwind(panic)));
                Ok([kept?, fresh?])
            })
            .collect()
    });
    let mut figures = Vec::new();
    for (stop, pair) in stops.into_iter().zip(runs) {
        let pair = pair?;
        let sum = |count: fn(&Replacement) -> usize| pair.iter().map(count).sum::<usize>();
        let (sent, lost) = (sum(|run| run.tally.sent), sum(|run| run.tally.lost()));
        let (how, holds) = match stop {
            Stop::Draining => ("SIGTERM, drain delay of 3 s", lost == 0),
            Stop::WithoutDelay => ("no drain delay", lost > 0),
            Stop::Kill => ("killed at once", lost > 0),
        };
        figures.push(Figure::new(format!("requests sent ({how})"), sent, sent > 0));
        figures.push(Figure::new(format!("requests lost ({how})"), lost, holds));
    }
    Ok(figures)
}
