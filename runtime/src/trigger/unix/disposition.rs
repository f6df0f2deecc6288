//! Reads from `/proc` which signals the program ignores and which it handles. Elsewhere it does neither, as far as this
//! file knows.

use std::io::Read;

use crate::trigger::Signal;

/// Returns the signals that this process ignores, as the kernel's mask.
///
/// SIGPIPE does not count: the standard library ignores it in every program, so a program that names it wants it.
pub(in crate::trigger) fn ignored() -> u64 {
    mask("SigIgn:") & !Signal::from_raw(signal_hook::consts::SIGPIPE).bit()
}

/// Returns whether this process has a handler for the signal. Only the kernel timer asks, which these systems have.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
pub(crate) fn has_handler(signal: Signal) -> bool {
    mask("SigCgt:") & signal.bit() != 0
}

/// Returns one of the kernel's masks for this process, or 0 without `/proc`.
fn mask(field: &str) -> u64 {
    // `/proc` reports no file length; with less capacity the file takes eight reads.
    let mut status = String::with_capacity(4096);
    let _ = std::fs::File::open("/proc/self/status").and_then(|mut file| file.read_to_string(&mut status));
    let mask = status.lines().find_map(|line| line.strip_prefix(field));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
