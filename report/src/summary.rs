//! Sums a report up in one line.
//!
//! `runtime/src/report/mod.rs` has the same line. The test `tests/report/tests/report/reader.rs` compares the two.

use crate::human_duration::HumanDuration;
use crate::model::Report;

impl Report {
    /// Returns the whole shutdown in one line: the trigger, how many hooks ended how, and the time.
    #[must_use]
    pub fn headline(&self) -> String {
        format!("{}; {}", self.trigger, self.result())
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
        let parts: Vec<String> = shown.map(|(name, count)| format!("{count} {}", name.replace('_', " "))).collect();
        if parts.is_empty() { "no hooks".to_owned() } else { parts.join(", ") }
    }
}
