//! Measures the time from exec until the program is ready: what an install adds, and what each annotated hook adds.

use super::Effort;
use crate::contestants::{MULTI, SYNC, TOKIO_BARE};
use crate::row::Row;
use crate::samples::Samples;

pub fn measure(effort: Effort) -> Result<Vec<Row>, String> {
    let entries = [(MULTI, 1), (TOKIO_BARE, 1), (SYNC, 1), (effort.many(), 10_000)];
    let mut ready = [const { Vec::new() }; 4];
    for round in 0..=effort.rounds(200) {
        for ((contestant, hooks), ready) in entries.into_iter().zip(&mut ready) {
            let started = contestant.start(hooks)?;
            if round > 0 {
                ready.push(started.ready);
            }
        }
    }
    let [ours, bare, one, many] = ready;
    let slopes = one.iter().zip(&many).map(|(one, many)| (*many as f64 - *one as f64) / 9_999.0 / 1e3);
    let slopes = Samples::new(slopes, "µs");
    let (ours, bare) = (Samples::micros(ours), Samples::micros(bare));
    Ok(vec![
        Row::ratio("exec → ready, async main", &ours, (TOKIO_BARE.title, &bare), Some(1.1)),
        Row::measured("one more annotated hook, exec → ready", &slopes, Some(0.5)),
    ])
}
