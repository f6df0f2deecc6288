//! Holds what the measured programs and the measuring program share.

pub mod child;
pub mod graph;
mod hooks;
pub mod instructions;
