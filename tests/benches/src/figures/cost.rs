//! Measures what a trivial hook costs: the slope of the time from the signal to the last hook over the number of hooks.

use super::Effort;
use crate::contestants::{GRACEFUL_SHUTDOWN, SYNC, SYNC_ASYNC, SYNC_CHAIN, TOKIO_FUTURES, TOKIO_TASKS};
use crate::life::{Contestant, Life, interleaved};
use crate::row::Row;
use crate::samples::Samples;

const FEW: usize = 10;
const MANY: usize = 10_000;
/// Is it as cheap with as many?
const SOME: usize = 1_000;

const MEASURED: [Contestant; 6] = [SYNC, SYNC_ASYNC, SYNC_CHAIN, TOKIO_TASKS, TOKIO_FUTURES, GRACEFUL_SHUTDOWN];

/// Returns the cost of one more hook, computed within each round, because two rounds may be disturbed differently.
fn slope(few: &[Life], many: &[Life], hooks: usize, moment: fn(&Life) -> u64) -> Samples {
    let per_hook =
        |(few, many): (&Life, &Life)| (moment(many) as f64 - moment(few) as f64) / (hooks - FEW) as f64 / 1e3;
    Samples::new(few.iter().zip(many).map(per_hook), "µs")
}

pub fn measure(effort: Effort) -> Result<Vec<Row>, String> {
    let entries: Vec<_> =
        MEASURED.into_iter().flat_map(|contestant| [FEW, SOME, MANY].map(|hooks| (contestant, hooks))).collect();
    let lives = interleaved(&entries, effort.rounds(30))?;
    let last = |life: &Life| life.last;
    let slopes =
        |hooks, place: usize| move |lives: &[Vec<Life>], moment| slope(&lives[0], &lives[place], hooks, moment);
    let (to_some, to_many) = (slopes(SOME, 1), slopes(MANY, 2));
    let per_hook: Vec<Samples> = lives.chunks(3).map(|lives| to_many(lives, last)).collect();
    let [sync, asynchronous, chain, tasks, futures, subsystems] = &per_hook[..] else { return Err("six".to_owned()) };
    let before: Vec<Samples> = lives.chunks(3).map(|lives| to_some(lives, last)).collect();
    let reports = to_many(&lives[0..3], |life| life.reaped - life.last);
    Ok(vec![
        Row::measured("one more sync hook", sync, Some(0.2)),
        Row::ratio("one more async hook, one group", asynchronous, (TOKIO_TASKS.title, tasks), Some(0.6)),
        Row::ratio("one more async hook, one group", asynchronous, (TOKIO_FUTURES.title, futures), None),
        Row::ratio("one more async hook", asynchronous, (GRACEFUL_SHUTDOWN.title, subsystems), Some(0.2)),
        Row::measured("one more hook in a chain of priorities", chain, Some(1.0)),
        Row::ratio("linear: a sync hook of 10,000", sync, ("of 1,000", &before[0]), None),
        Row::ratio("linear: an async hook of 10,000", asynchronous, ("of 1,000", &before[1]), None),
        Row::measured("one more line of the report, to /dev/null", &reports, None),
    ])
}
