//! Generates input for tests of everything that parses. A seed gives the same input on every machine.

mod random;
mod seeds;

pub use random::Random;
pub use seeds::{Seeds, seeds};

/// Durations, right and wrong, as a person writes them.
pub const DURATIONS: [&str; 14] = [
    "25s",
    "1m30s",
    "1h 30min",
    "500ms",
    "30",
    "5M",
    "0s",
    "7days",
    "12us 3ns",
    "1.5s",
    "-5s",
    "3weeks",
    " 2s ",
    "18446744073709551615s 1000ms",
];
