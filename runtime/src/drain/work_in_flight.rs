//! Describes the work in flight of one name and one location, for the report.

use std::fmt;
use std::time::Duration;

use crate::duration_text::HumanDuration;

/// The work in flight of one name and one location in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkInFlight {
    /// The name that the program gave the work.
    pub name: String,
    /// Number of pieces of work.
    pub count: usize,
    /// Time since the oldest piece began, to about 10 ms.
    pub oldest: Duration,
    /// Source file where the work began. Empty for work that found no free slot in the table.
    pub file: String,
    /// Line in the source file.
    pub line: u32,
}

impl fmt::Display for WorkInFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, count, oldest, file, line } = self;
        write!(f, "{name}: {count} in flight, oldest {}, {file}:{line}", HumanDuration(*oldest))
    }
}
