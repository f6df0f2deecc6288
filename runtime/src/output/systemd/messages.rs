//! How the shutdown stands in; the text for `systemctl status` and the time to ask for out; pure.

use std::time::Duration;

use crate::hook::{DEFAULT_TIMEOUT, Phase};
use crate::run::Progress;

/// What is asked for beyond the times that are declared: as long as a hook has that declares none.
const MORE: Duration = DEFAULT_TIMEOUT;
/// systemd takes no message of more than 4 KiB, and a person no line of that length.
const LONGEST: usize = 300;
/// More hooks than this are not named.
const NAMED: usize = 3;

/// The text at the beginning of a phase.
pub(super) fn beginning(phase: Phase, hooks: usize) -> String {
    match hooks {
        0 => phase.to_string(),
        1 => format!("{phase}: 1 hook"),
        _ => format!("{phase}: {hooks} hooks"),
    }
}

/// What is waited for now; `None` where nothing is.
pub(super) fn waiting(progress: &Progress) -> Option<String> {
    let Progress { phase, hooks, in_flight, is_serving, .. } = progress;
    let mut awaited: Vec<String> = hooks.iter().take(NAMED).map(|hook| hook.name.to_string()).collect();
    if *in_flight > 0 {
        awaited.insert(0, format!("{in_flight} in flight"));
    }
    if let Some(more @ 1..) = hooks.len().checked_sub(NAMED) {
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

/// In one line of a bearable length: a line break would begin another message.
pub(super) fn one_line(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let line: String = text.chars().take(LONGEST).map(plain).collect();
    line.trim_end().to_owned()
}

/// How long systemd is to wait, from now on, after progress was made.
pub(super) fn extension(progress: &Progress, grace_period: Duration) -> Duration {
    let until = progress.until.max(progress.now).saturating_add(MORE);
    until.min(grace_period).saturating_sub(progress.now)
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
