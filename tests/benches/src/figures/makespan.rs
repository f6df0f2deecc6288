//! Measures 200 hooks that are `after` random others, from the start of the first to the end of the last. Compares this
//! with the critical path of the durations that the hooks measured.

use benches::graph::{Graph, HOOKS};

use super::Effort;
use crate::contestants::contestant;
use crate::row::Row;
use crate::samples::Samples;

/// Of one seed: what it took, and what would be perfect, and what barriers would take; in nanoseconds.
fn run(seed: u64) -> Result<[u64; 3], String> {
    let variant = seed.to_string().leak();
    let started = contestant("200 hooks", "bench_makespan", variant).start(HOOKS)?;
    let (_, _, moments) = started.stop()?;
    if moments.len() != 2 * HOOKS {
        return Err(format!("seed {seed}: not all hooks have ended"));
    }
    let pairs = || moments.chunks_exact(2).map(|pair| (pair[0], pair[1]));
    let lengths: Vec<u64> = pairs().map(|(start, end)| end - start).collect();
    let begin = pairs().map(|(start, _)| start).min().unwrap_or(0);
    let end = pairs().map(|(_, end)| end).max().unwrap_or(0);
    let graph = Graph::random(seed);
    Ok([end - begin, graph.critical_path(&lengths), graph.with_barriers(&lengths)])
}

pub fn measure(effort: Effort) -> Result<Vec<Row>, String> {
    let runs: Vec<[u64; 3]> = (1..=effort.rounds(20) as u64).map(run).collect::<Result<_, _>>()?;
    let ratios = |of: usize| Samples::new(runs.iter().map(|run| run[of] as f64 / run[1] as f64), "×");
    let figure = "200 hooks with random `after`, 20 seeds, over their critical path";
    Ok(vec![
        Row::measured(figure, &ratios(0), Some(1.005)),
        Row::measured("the same with a barrier after each level (computed)", &ratios(2), None),
    ])
}
