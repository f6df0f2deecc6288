//! Reads from `/proc` which signals the program ignores and which it handles.
//!
//! No safe call of another system says so, and a container of Linux may have no `/proc`. Without it, no signal counts as
//! ignored, so the program handles its whole set; and nothing is known of handlers.

use std::io::Read;

use crate::trigger::Signal;

/// Returns the signals that this process ignores, as the kernel's mask.
///
/// SIGPIPE does not count: the standard library ignores it in every program, so a program that names it wants it.
pub(in crate::trigger) fn ignored() -> u64 {
    mask("SigIgn:").unwrap_or(0) & !Signal::from_raw(signal_hook::consts::SIGPIPE).bit()
}

/// Returns whether this process has a handler for the signal. `None` without `/proc`. Only the kernel timer asks.
#[cfg(target_os = "linux")]
pub(crate) fn has_handler(signal: Signal) -> Option<bool> {
    mask("SigCgt:").map(|mask| mask & signal.bit() != 0)
}

/// Returns one of the kernel's masks for this process. `None` without `/proc`.
fn mask(field: &str) -> Option<u64> {
    // `/proc` reports no file length; with less capacity the file takes eight reads.
    let mut status = String::with_capacity(4096);
    let _ = std::fs::File::open("/proc/self/status").and_then(|mut file| file.read_to_string(&mut status));
    let mask = status.lines().find_map(|line| line.strip_prefix(field));
    u64::from_str_radix(mask?.trim(), 16).ok()
}
