//! Sums a report up in one line.
//!
//! `runtime/src/report/mod.rs` has the same line. The test `tests/report/tests/report/reader.rs` compares the two.

use crate::human_duration::HumanDuration;
use crate::model::{Report, Trigger};

/// Maximum size of the trigger in a headline, in bytes, if it is an error of `main` or of a task.
const MAX_ERROR_IN_HEADLINE: usize = 256;

/// Returns the trigger for a headline. Shortens an error of `main` or of a task, which the end of the text has in full.
pub(crate) fn trigger_line(trigger: &Trigger) -> String {
    let mut line = trigger.to_string();
    let has_details = matches!(trigger, Trigger::MainFailed { .. } | Trigger::TaskFailed { .. });
    if has_details && line.len() > MAX_ERROR_IN_HEADLINE {
        let room = MAX_ERROR_IN_HEADLINE - '…'.len_utf8();
        // Position 0 is always a boundary.
        line.truncate((0..=room).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0));
        line.push('…');
    }
    line
}

impl Report {
    /// Returns the whole shutdown in one line: the trigger, how many hooks ended how, and the time.
    #[must_use]
    pub fn headline(&self) -> String {
        format!("{}; {}", trigger_line(&self.trigger), self.result())
    }

    /// Returns the headline without the trigger.
    pub(crate) fn result(&self) -> String {
        let (took, budget) = (HumanDuration(self.duration), HumanDuration(self.budget));
        let forced = self.forced.as_ref().map(|signal| format!("; cut short by a repeated {signal}"));
        let late = if self.deadline_exceeded { "; the deadline came" } else { "" };
        format!("{} in {took} of {budget}{}{late}", self.counts(), forced.unwrap_or_default())
    }

    fn counts(&self) -> String {
        let names = ["completed", "failed", "panicked", "timed_out", "skipped"];
        let counts = names.map(|name| (name, self.hooks.iter().filter(|hook| hook.outcome.name() == name).count()));
        let shown = counts.into_iter().filter(|(_, count)| *count > 0);
        let mut parts: Vec<String> = shown.map(|(name, count)| format!("{count} {}", name.replace('_', " "))).collect();
        // Of any report: a sum of numbers from a file must not overflow.
        let cut_off = self.in_flight.iter().fold(0_usize, |sum, work| sum.saturating_add(work.count));
        if parts.is_empty() {
            parts.push("no hooks".to_owned());
            let most = self.in_flight_samples.iter().map(|sample| sample.count).max().unwrap_or(0);
            if most > 0 && cut_off == 0 {
                parts.push(format!("all work in flight ended (at most {most})"));
            }
        }
        if cut_off > 0 {
            parts.push(format!("{cut_off} in flight cut off"));
        }
        parts.join(", ")
    }
}
