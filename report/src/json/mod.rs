//! Reads reports from JSON, in the form that `runtime/src/report/json.rs` writes.
//!
//! Unknown fields are ignored, and fields that a shutdown can do without may be missing. A file may hold several reports
//! one after the other, on one line each or on many.

use std::fmt;

use serde::Deserialize;
use serde_json::{Deserializer, StreamDeserializer, de::StrRead};

use crate::model::Report;
use crate::one_line::OneLine;
use fields::{Header, ReportFields};
pub(crate) use fields::{optional_seconds, seconds};

mod fields;
#[cfg(test)]
mod tests;

/// The newest format of reports that this version reads.
///
/// Reports carry it as `"format"`; a report without a number has format 1. Fields may be added under the same number.
/// Every other change raises the number.
pub const FORMAT: u32 = 1;

/// Text from which no report can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// The text is not JSON, or the JSON is not a report.
    NoReport {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A newer version of `on-shutdown` wrote the report.
    NewerFormat {
        /// The line at which the report begins, counted from 1.
        line: usize,
        /// The report's format.
        format: u32,
    },
    /// The text holds no report at all.
    Empty,
    /// The text holds several reports where one was expected.
    Several {
        /// How many reports.
        count: usize,
    },
}

impl ReadError {
    /// Returns line and column of the mistake, counted from 1, if it has a location.
    #[must_use]
    pub fn location(&self) -> Option<(usize, usize)> {
        match self {
            Self::NoReport { line, column, .. } => Some((*line, *column)),
            Self::NewerFormat { line, .. } => Some((*line, 1)),
            Self::Empty | Self::Several { .. } => None,
        }
    }

    /// Returns the message without the location.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::NoReport { reason, .. } => {
                format!(
                    "{}; expected a report as `ON_SHUTDOWN_REPORT=report.json` makes on-shutdown write it",
                    OneLine(reason)
                )
            }
            Self::NewerFormat { format, .. } => format!(
                "the report has format {format}, and this version reads formats up to {FORMAT}; \
                 install a newer `on-shutdown-report`"
            ),
            Self::Empty => {
                "no report; expected JSON as `ON_SHUTDOWN_REPORT=report.json` makes on-shutdown write it".into()
            }
            Self::Several { count } => {
                format!("{count} reports where one was expected; read them with `ReportSet::read`")
            }
        }
    }

    fn from_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let reason = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text).to_owned();
        Self::NoReport { line, column, reason }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.location() {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.message())
    }
}

impl std::error::Error for ReadError {}

impl Report {
    /// Reads one report from JSON.
    ///
    /// # Errors
    /// The text is not JSON, is not a report, has a newer [`FORMAT`], or holds more than one report.
    pub fn from_json(json: &str) -> Result<Self, ReadError> {
        let mut reports = read_all(json)?;
        match (reports.pop(), reports.len()) {
            (Some(report), 0) => Ok(report),
            (_, before) => Err(ReadError::Several { count: before + 1 }),
        }
    }
}

/// Reads all reports of a text, of which there is at least one.
pub(crate) fn read_all(text: &str) -> Result<Vec<Report>, ReadError> {
    check_formats(text)?;
    let fields: Result<Vec<ReportFields>, _> = stream(text).collect();
    let reports = fields.map_err(|error| ReadError::from_json(&error))?;
    if reports.is_empty() { Err(ReadError::Empty) } else { Ok(reports.into_iter().map(Report::from).collect()) }
}

/// Looks at the formats first: of a newer report, only the number has a known meaning.
fn check_formats(text: &str) -> Result<(), ReadError> {
    let mut headers = stream::<Header>(text);
    loop {
        let begin = headers.byte_offset();
        let Some(header) = headers.next() else { return Ok(()) };
        let Header { format } = header.map_err(|error| ReadError::from_json(&error))?;
        if format > FORMAT {
            return Err(ReadError::NewerFormat { line: line_of_next_value(text, begin), format });
        }
    }
}

fn stream<'a, T: Deserialize<'a>>(text: &'a str) -> StreamDeserializer<'a, StrRead<'a>, T> {
    Deserializer::from_str(text).into_iter()
}

fn line_of_next_value(text: &str, offset: usize) -> usize {
    let (before, rest) = text.split_at_checked(offset).unwrap_or((text, ""));
    let space = rest.len() - rest.trim_start().len();
    let newlines = before.chars().chain(rest.chars().take(space)).filter(|char| *char == '\n');
    newlines.count() + 1
}
