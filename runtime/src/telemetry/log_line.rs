//! Writes events, messages and the report to stderr, in the chosen format.

use std::fmt::Display;
use std::time::Duration;

pub(crate) use super::level::Level;
use super::log_format::LogFormat;
use super::{Event, stderr};
use crate::report::{OneLine, Report, TextOptions};

/// Writes a line that belongs to no event of a shutdown.
pub(crate) fn write_message(level: Level, message: impl Display) {
    let message = OneLine(message).to_string();
    match LogFormat::chosen() {
        LogFormat::Text => write_text(&message),
        #[cfg(feature = "json")]
        LogFormat::Json => stderr::line(&super::json_line::message(level, &message)),
    }
    #[cfg(not(feature = "json"))]
    let _ = level;
}

/// Writes the line of an event, if it has one.
pub(super) fn write_event(event: &Event, quiet: bool) {
    match LogFormat::chosen() {
        LogFormat::Text => event.line(quiet).iter().for_each(|sentence| write_text(sentence)),
        #[cfg(feature = "json")]
        LogFormat::Json => super::json_line::event(event, quiet).iter().for_each(|line| stderr::line(line)),
    }
}

/// Writes the whole report, until the reader takes nothing for the time `timeout`.
pub(super) fn write_report(report: &Report, text_options: TextOptions, timeout: Duration) {
    match LogFormat::chosen() {
        // As one text, so that lines of other threads do not come between its lines.
        LogFormat::Text => stderr::write(&report.on(text_options).to_string(), timeout),
        #[cfg(feature = "json")]
        LogFormat::Json => stderr::write(&super::json_line::report(report), timeout),
    }
}

/// Writes one line about a report that a subscriber has taken.
#[cfg(any(feature = "tracing", feature = "metrics"))]
pub(super) fn write_exit_code(report: &Report) {
    let message = format!("exit code {}: {}", report.exit_code, OneLine(report.headline()));
    match LogFormat::chosen() {
        LogFormat::Text => write_text(&message),
        #[cfg(feature = "json")]
        LogFormat::Json => stderr::line(&super::json_line::exit_code(report, &message)),
    }
}

fn write_text(sentence: &str) {
    stderr::line(&format!("on-shutdown: {sentence}\n"));
}
