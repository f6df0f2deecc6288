//! Asserts how a container ended.

use std::fmt;
use std::time::Duration;

/// A container's end, and all that its program said.
#[derive(Clone, Debug)]
pub struct Ended {
    pub exit_code: i32,
    /// Stdout and stderr, as docker has them.
    pub log: Vec<String>,
    /// Time from the first `stop` or `kill` to the end. Zero if there was none.
    pub took: Duration,
}

impl Ended {
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.exit_code, code, "{self}");
        self
    }

    /// Fails unless these lines are in the log, each once, in this order, with any others between them.
    #[track_caller]
    pub fn assert_order(&self, lines: &[&str]) -> &Self {
        let found: Vec<&str> = self.log.iter().map(String::as_str).filter(|line| lines.contains(line)).collect();
        assert_eq!(found, lines, "{self}");
        self
    }

    /// Fails unless a line contains the text.
    #[track_caller]
    pub fn assert_said(&self, text: &str) -> &Self {
        assert!(self.said(text), "no `{text}`\n{self}");
        self
    }

    /// Fails if a line contains the text.
    #[track_caller]
    pub fn assert_silent(&self, text: &str) -> &Self {
        assert!(!self.said(text), "`{text}`\n{self}");
        self
    }

    /// Fails unless the container ended within this time. For grace periods and their parts, never for tight bounds.
    #[track_caller]
    pub fn assert_before(&self, seconds: u64) -> &Self {
        assert!(self.took < Duration::from_secs(seconds), "not before {seconds} s\n{self}");
        self
    }

    /// Fails if the container ended within this time. For containers that only SIGKILL ends.
    #[track_caller]
    pub fn assert_not_before(&self, seconds: u64) -> &Self {
        assert!(self.took >= Duration::from_secs(seconds), "before {seconds} s\n{self}");
        self
    }

    fn said(&self, text: &str) -> bool {
        self.log.iter().any(|line| line.contains(text))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit code {}, {:?} after it was asked to stop", self.exit_code, self.took)?;
        writeln!(f, "log:\n  {}", self.log.join("\n  "))
    }
}
