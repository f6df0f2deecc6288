//! Builds the small crates in `fixtures/` with different profiles and linkers, and checks which hooks the programs have.
//!
//! `ON_SHUTDOWN=plan` makes a program print its hooks in order.

mod app;
mod builds;
mod features;
mod fixture;
mod gap;
mod lints;
mod no_cargo;
mod versions;
