//! What measured programs and those who measure them share.

pub mod child;
pub mod graph;
mod hooks;
pub mod instructions;
