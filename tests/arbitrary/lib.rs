//! Generates input for tests of everything that parses. A seed gives the same input on every machine.

mod random;
mod seeds;

pub use random::Random;
pub use seeds::{Seeds, seeds};
