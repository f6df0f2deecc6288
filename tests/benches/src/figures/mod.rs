//! Measures the figures, with a file for each kind, and returns their rows.

use crate::contestants::{MANY, SYNC};
use crate::life::Contestant;
use crate::row::Row;

mod cost;
mod guards;
mod idle;
pub mod latency;
mod makespan;
mod size;
mod start;

/// How thorough.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Whether everything works; the figures mean nothing.
    Smoke,
    Full,
}

impl Effort {
    pub fn rounds(self, full: usize) -> usize {
        match self {
            Self::Smoke => 2,
            Self::Full => full,
        }
    }

    /// 10,000 hooks. Annotated, they take so long to compile that hooks made at run time stand in where it may be.
    fn many(self) -> Contestant {
        match self {
            Self::Smoke => Contestant { title: MANY.title, ..SYNC },
            Self::Full => MANY,
        }
    }
}

pub struct Figures {
    pub rows: Vec<Row>,
    /// All programs with one hook.
    pub everybody: Vec<latency::Everybody>,
}

type Measure = fn(Effort) -> Result<Vec<Row>, String>;

/// One kind of figures and no other, for who changes what it measures.
pub const KINDS: [(&str, Measure); 7] = [
    ("latency", |effort| latency::measure(effort).map(|latency| latency.rows)),
    ("cost", cost::measure),
    ("makespan", makespan::measure),
    ("start", start::measure),
    ("idle", idle::measure),
    ("guards", guards::measure),
    ("size", |_| size::measure()),
];

pub fn measure(effort: Effort) -> Result<Figures, String> {
    let mut rows = Vec::new();
    let mut step = |title: &str, measured: Result<Vec<Row>, String>| {
        eprintln!("measured: {title}");
        measured.map(|more| rows.extend(more))
    };
    let latency = latency::measure(effort)?;
    step("from the signal to the first hook and to the end", Ok(latency.rows))?;
    step("what a hook costs", cost::measure(effort))?;
    step("200 hooks after each other", makespan::measure(effort))?;
    step("the start", start::measure(effort))?;
    step("idle", idle::measure(effort))?;
    step("guards", guards::measure(effort))?;
    if effort == Effort::Full {
        step("size and build", size::measure())?;
    }
    Ok(Figures { rows, everybody: latency.everybody })
}
