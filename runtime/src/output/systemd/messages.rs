//! Writes the text for `systemctl status`, and computes the time to ask systemd for.

use std::time::Duration;

use crate::hook::{DEFAULT_TIMEOUT, Phase};
use crate::telemetry::Progress;

/// The time to ask for beyond the timeouts of the running hooks: enough for one more hook without a written timeout.
const EXTRA_TIME: Duration = DEFAULT_TIMEOUT;
/// Maximum number of characters of a status. systemd rejects a message of more than 4 KiB, and people read short lines.
const MAX_STATUS_CHARS: usize = 300;
/// Maximum number of hooks that a status names.
const MAX_NAMED_HOOKS: usize = 3;

/// Returns the status at the beginning of a phase.
pub(super) fn phase_status(phase: Phase, hooks: usize) -> String {
    match hooks {
        0 => phase.to_string(),
        1 => format!("{phase}: 1 hook"),
        _ => format!("{phase}: {hooks} hooks"),
    }
}

/// Returns the status that says what the shutdown waits for. `None` if it waits for nothing.
pub(super) fn waiting_status(progress: &Progress) -> Option<String> {
    let Progress { phase, hooks, in_flight, is_serving, .. } = progress;
    let mut awaited: Vec<String> = hooks.iter().take(MAX_NAMED_HOOKS).map(|hook| hook.name.to_string()).collect();
    if *in_flight > 0 {
        awaited.insert(0, format!("{in_flight} in flight"));
    }
    // The number of the others shows that the list is not complete.
    if let Some(more @ 1..) = hooks.len().checked_sub(MAX_NAMED_HOOKS) {
        awaited.push(format!("{more} more"));
    }
    match (is_serving, awaited.is_empty()) {
        (true, true) => Some(format!("{phase}: serving until the drain delay is over")),
        (true, false) => {
            Some(format!("{phase}: serving until the drain delay is over, waiting for {}", awaited.join(", ")))
        }
        (false, true) => None,
        (false, false) => Some(format!("{phase}: waiting for {}", awaited.join(", "))),
    }
}

/// Returns the text as one line of limited length: a line break would begin another message.
pub(super) fn one_line(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let line: String = text.chars().take(MAX_STATUS_CHARS).map(plain).collect();
    line.trim_end().to_owned()
}

/// Returns how long systemd should wait from now on, after progress.
pub(super) fn extension(progress: &Progress, grace_period: Duration) -> Duration {
    // `until` is in the past if the last hook has just timed out.
    let until = progress.until.max(progress.now).saturating_add(EXTRA_TIME);
    // Beyond the grace period, this process has ended.
    until.min(grace_period).saturating_sub(progress.now)
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
