//! Reads the JSON reports that [on-shutdown](https://docs.rs/on-shutdown) writes, and shows them as text, HTML, SVG or
//! as a trace for Perfetto.
//!
//! A program with the feature `json` of `on-shutdown` writes its report to the file that `ON_SHUTDOWN_REPORT` names:
//!
//! ```sh
//! ON_SHUTDOWN_REPORT=report.json your-program
//! on-shutdown-report report.json -o report.html
//! on-shutdown-report report.json -o trace.json      # open it in https://ui.perfetto.dev
//! ```
//!
//! The command is a thin shell around this library:
//!
//! ```
//! use on_shutdown_report::Report;
//!
//! let json = r#"{
//!     "format": 1, "trigger": { "kind": "main_returned" }, "exit_code": 0, "duration": 0.25, "budget": 8.5,
//!     "hooks": [{ "name": "orders::flush", "phase": "flush", "outcome": "completed", "start": 0.0, "duration": 0.25 }]
//! }"#;
//! let report = Report::from_json(json)?;
//! assert!(report.to_string().starts_with("shutdown report: main returned; 1 completed in 250 ms of 8.5 s"));
//! assert!(report.to_svg().starts_with("<svg"));
//! # Ok::<(), on_shutdown_report::ReadError>(())
//! ```
//!
//! This crate does not depend on `on-shutdown`, so that it can read the reports of other versions. [`FORMAT`] is the
//! newest format that it knows.

#[cfg(test)]
mod arbitrary_tests;
mod html;
mod human_duration;
mod json;
mod markup;
mod model;
mod one_line;
mod report_set;
#[cfg(test)]
mod samples;
mod summary;
mod svg;
mod text;
mod trace;
mod wall_clock;

pub use json::{FORMAT, ReadError};
pub use model::{
    CutOff, Hook, InFlightSample, KeptTime, LaterTrigger, OpenConnection, Outcome, ProcessInfo, ProgramExit, Report,
    Trigger, WorkInFlight,
};
pub use report_set::ReportSet;
pub use text::TextOptions;
