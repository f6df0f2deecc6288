//! The small crates in `fixtures/` are built for real, in every way a program may be built; what they say is judged.
//!
//! Which hooks a program has, and in what order, it says itself: `ON_SHUTDOWN=plan`.

mod app;
mod builds;
mod features;
mod gap;
mod inner;
mod lints;
mod no_cargo;
mod versions;
