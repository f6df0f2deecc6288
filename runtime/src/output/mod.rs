//! Reports the run to the operator: by telemetry or stderr, the termination log, the report file and systemd.
//!
//! [`Reporter`] receives the report of a run and ends the process.

pub(crate) use reporter::{Reporter, ReporterOptions, ThisProgram};

pub(crate) mod final_report;
mod reporter;
// The socket of systemd is one of Unix.
#[cfg(all(feature = "systemd", not(unix)))]
#[path = "no_systemd.rs"]
pub mod systemd;
#[cfg(all(feature = "systemd", unix))]
pub mod systemd;
mod termination_log;
