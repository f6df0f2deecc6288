//! Reports the run to the operator: by telemetry or stderr, the termination log, the report file and systemd.
//!
//! [`Reporter`] receives the report of a run and ends the process.

pub(crate) use reporter::{Reporter, ReporterOptions, ThisProgram};

pub(crate) mod final_report;
mod reporter;
#[cfg(feature = "systemd")]
pub mod systemd;
mod termination_log;
