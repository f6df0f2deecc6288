//! Turns the error of `main` or of a task into one line for headlines, and the full text for the end of the report.
//!
//! `main` may return every error that is `Debug`, as with std. The `Debug` text of `anyhow::Error` and `eyre::Report` has
//! one paragraph for the error, a list of causes, and perhaps a backtrace.

use std::fmt::Debug;

use crate::report::{MAX_ERROR_IN_HEADLINE, cut};
use crate::user_code::catch_panic;

/// Maximum size of the line, in bytes. A termination log has room for this much.
const MAX_LINE: usize = 2048;
/// Maximum size of the full text, in bytes: a backtrace of a few hundred frames. A pipe takes as much without a reader.
const MAX_DETAILS: usize = 64 * 1024;

/// The line above the causes.
const CAUSES: &str = "Caused by:";
/// The beginnings of the lines above what is neither an error nor a cause: a backtrace, or the location of the error.
const NO_CAUSE: [&str; 3] = ["Stack backtrace:", "Backtrace:", "Location:"];

/// The text of an error.
#[derive(Debug)]
pub struct ErrorText {
    /// The error and its causes in one line.
    pub(crate) line: String,
    /// The whole text. Empty if the line says it all.
    pub(crate) details: String,
}

impl ErrorText {
    /// Formats an error, which is user code.
    pub(crate) fn of(error: &impl Debug) -> Self {
        // The owner of the error has failed, also if the error panics when it is formatted.
        let text = catch_panic(|| format!("{error:?}"));
        Self::from_debug(text.unwrap_or_else(|message| format!("its error panicked in `Debug`: {message}")))
    }

    fn from_debug(debug: String) -> Self {
        let line = cut(one_line(&debug), MAX_LINE);
        // A short error of one line is in the headline already.
        let details = if line == debug && line.len() <= MAX_ERROR_IN_HEADLINE { String::new() } else { debug };
        Self { line, details: cut(details, MAX_DETAILS) }
    }
}

/// Returns the error and its causes in one line, as `{:#}` prints an `anyhow::Error`: `starting http: bind failed`.
fn one_line(debug: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    let (mut in_causes, mut begins) = (false, true);
    for line in debug.lines().map(str::trim) {
        if NO_CAUSE.iter().any(|header| line.starts_with(header)) && !parts.is_empty() {
            break;
        }
        if line == CAUSES {
            (in_causes, begins) = (true, true);
            continue;
        }
        // anyhow numbers the causes if there are several.
        let numbered = line.split_once(": ").filter(|(number, _)| in_causes && number.parse::<u32>().is_ok());
        let text = numbered.map_or(line, |(_, cause)| cause);
        match parts.last_mut() {
            _ if text.is_empty() => continue,
            Some(last) if !begins && numbered.is_none() => {
                last.push(' ');
                last.push_str(text);
            }
            _ => parts.push(text.to_owned()),
        }
        begins = false;
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_and_its_causes_are_one_line() {
        for (debug, line) in [
            ("\"the disk is full\"", "\"the disk is full\""),
            ("starting http\n\nCaused by:\n    bind failed", "starting http: bind failed"),
            (
                "starting http\n\nCaused by:\n    0: bind failed\n    1: Address already in use (os error 98)\n\n\
                 Stack backtrace:\n   0: app::main\n   1: core::ops",
                "starting http: bind failed: Address already in use (os error 98)",
            ),
            ("alone\n\nStack backtrace:\n   0: app::main", "alone"),
            ("alone\n\nLocation:\n    src/main.rs:12:5", "alone"),
            (
                "two\nlines\n\nCaused by:\n    0: first\n       goes on\n    1: 12: no number",
                "two lines: first goes on: 12: no number",
            ),
            (
                "1: a number before the causes\n\nCaused by:\n    404: not found",
                "1: a number before the causes: not found",
            ),
            ("Stack backtrace: cannot be read", "Stack backtrace: cannot be read"),
            ("", ""),
        ] {
            assert_eq!(one_line(debug), line, "{debug}");
        }
    }

    #[test]
    fn what_the_headline_does_not_show_is_kept_as_details() {
        let details = |debug: &str| {
            let ErrorText { line, details } = ErrorText::from_debug(debug.to_owned());
            assert!(line.len() <= MAX_LINE && details.len() <= MAX_DETAILS);
            details
        };
        assert_eq!(details("short"), "");
        assert_eq!(details("two\nlines"), "two\nlines");
        let long = "ä".repeat(MAX_ERROR_IN_HEADLINE);
        assert_eq!(details(&long), long);
        assert!(details(&"ä".repeat(MAX_DETAILS)).ends_with('…'));
    }
}
