//! Station 8: the report in, the exit code out; the only file that ends the process.
//!
//! | code | when |
//! |---|---|
//! | 128 + n | a signal n was repeated until it ended the process |
//! | the program's own | `main` failed (1) or panicked (101), or the program asked for a code |
//! | 124 | a hook timed out or was skipped for lack of time, work in flight was cut off, or the deadline came |
//! | 70 | a hook failed, panicked, or was skipped because a value was missing |
//! | 128 + n | signal n stopped the program, all is well, and `signal_exit_code` was asked for |
//! | 0 | otherwise |
//!
//! The first line that fits counts.

use std::io::Write;

pub(crate) use watchdog::{Armed, LastResort};

mod watchdog;

use crate::report::{Outcome, ProgramExit, Report, SkipReason};
use crate::trigger::{Signal, Trigger};

/// A hook timed out, or the deadline came (as coreutils' `timeout`).
pub(crate) const TIMED_OUT: u8 = 124;
/// A hook failed or panicked (`EX_SOFTWARE` of BSD's sysexits).
const HOOK_FAILED: u8 = 70;
/// The settings or the plan are wrong: the program never started (`EX_CONFIG`).
pub(crate) const CONFIG: u8 = 78;
/// The system refused what the start needs, such as the async runtime (`EX_OSERR`).
pub(crate) const OS_ERROR: u8 = 71;
/// `main` returned an error.
const MAIN_FAILED: u8 = 1;
/// `main` panicked (as Rust's own).
const MAIN_PANICKED: u8 = 101;

/// The number that the report becomes; the gravest thing wins.
pub(crate) fn code(report: &Report, signal_exit_code: bool) -> u8 {
    let any = |wanted: fn(&Outcome) -> bool| report.hooks.iter().any(|hook| wanted(&hook.outcome));
    let timed_out = report.deadline_exceeded
        || !report.in_flight.is_empty()
        || any(|outcome| severity(outcome) == Severity::TimedOut);
    let failed = any(|outcome| severity(outcome) == Severity::Failed);
    match (report.forced, report.program_exit, &report.trigger) {
        (Some(signal), _, _) => forced_by(signal),
        (None, Some(ProgramExit::Asked(code)), _) => code,
        (None, Some(ProgramExit::MainFailed), _) => MAIN_FAILED,
        (None, Some(ProgramExit::MainPanicked), _) => MAIN_PANICKED,
        _ if timed_out => TIMED_OUT,
        _ if failed => HOOK_FAILED,
        (_, _, Trigger::Signal { signal, .. }) if signal_exit_code => forced_by(*signal),
        _ => 0,
    }
}

/// What one hook's outcome counts for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Severity {
    Fine,
    Failed,
    TimedOut,
}

fn severity(outcome: &Outcome) -> Severity {
    match outcome {
        Outcome::Completed => Severity::Fine,
        Outcome::Failed(_) | Outcome::Panicked(_) | Outcome::Skipped(SkipReason::MissingValue { .. }) => {
            Severity::Failed
        }
        // The other reasons to skip a hook are all a lack of time.
        Outcome::TimedOut { .. } | Outcome::Skipped(_) => Severity::TimedOut,
    }
}

/// The shell's number for an end by this signal: 128 + n. No system has a signal above 127.
pub(crate) fn forced_by(signal: Signal) -> u8 {
    u8::try_from(128 + signal.number()).unwrap_or(u8::MAX)
}

/// What happens when all hooks have run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitMode {
    /// Flushes stdout, then `_exit`: no `atexit` handlers, which race with the threads that still run.
    #[default]
    Immediate,
    /// `exit`, with `atexit` handlers. One that hangs is cut off before the deadline.
    Atexit,
    /// The process goes on: [`Handle::wait`](crate::Handle::wait) returns the report, and the program ends itself. One
    /// more signal, later than a second after the trigger, ends it at once with 128 + n.
    Return,
}

/// Flushes what is buffered for stdout, then leaves. Blocks where stdout does: the supervisor stands by.
pub(crate) fn leave(code: u8, ending: ExitMode) {
    match ending {
        ExitMode::Return => {}
        ExitMode::Atexit => std::process::exit(code.into()),
        ExitMode::Immediate => {
            let _ = std::io::stdout().flush();
            now(code)
        }
    }
}

/// Leaves at once. Works as PID 1, where raising a signal does nothing.
pub(crate) fn now(code: u8) -> ! {
    signal_hook::low_level::exit(code.into())
}

#[cfg(test)]
mod tests;
