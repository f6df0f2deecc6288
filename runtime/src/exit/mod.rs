//! Computes the exit code from the report, and ends the process. No other folder ends the process.
//!
//! The first row that applies gives the code:
//!
//! | code | when |
//! |---|---|
//! | 128 + n | a repeated signal n forced the end |
//! | the program's own | `main` or a task failed (1) or panicked (101), or the program requested a code |
//! | 124 | a hook timed out or was skipped for lack of time, work in flight was cut off, or the deadline passed |
//! | 70 | a hook failed, panicked, or was skipped because a value was missing |
//! | 128 + n | signal n stopped the program, the shutdown was clean, and `signal_exit_code` is set |
//! | 0 | otherwise |

use std::io::Write;

pub(crate) use watchdog::{Armed, LastResort};

mod watchdog;

use crate::report::{Outcome, ProgramExit, Report, SkipReason};
use crate::trigger::{Signal, Trigger};

/// A hook timed out, or the deadline passed. The code of coreutils' `timeout`.
pub(crate) const TIMED_OUT: u8 = 124;
/// A hook failed or panicked (`EX_SOFTWARE` of BSD's sysexits).
const HOOK_FAILED: u8 = 70;
/// The settings or the plan are wrong, so the program did not start (`EX_CONFIG`).
pub(crate) const CONFIG: u8 = 78;
/// The system refused something that the start needs, such as the async runtime (`EX_OSERR`).
pub(crate) const OS_ERROR: u8 = 71;
/// `main` or a task returned an error. The code of Rust's own `main`.
const PROGRAM_FAILED: u8 = 1;
/// `main` or a task panicked. The code of Rust's own `main`.
const PROGRAM_PANICKED: u8 = 101;

/// Returns the exit code for the report. The most severe condition determines it.
pub(crate) fn code(report: &Report, signal_exit_code: bool) -> u8 {
    let any = |wanted: fn(&Outcome) -> bool| report.hooks.iter().any(|hook| wanted(&hook.outcome));
    let timed_out = report.deadline_exceeded
        || !report.in_flight.is_empty()
        || any(|outcome| severity(outcome) == Severity::TimedOut);
    let failed = any(|outcome| severity(outcome) == Severity::Failed);
    // In the order of the table above. The program's own code hides what hooks did, as the author asked for it.
    match (report.forced, report.program_exit, &report.trigger) {
        (Some(signal), _, _) => forced_by(signal),
        (None, Some(ProgramExit::Requested(code)), _) => code,
        (None, Some(ProgramExit::MainFailed | ProgramExit::TaskFailed), _) => PROGRAM_FAILED,
        (None, Some(ProgramExit::MainPanicked | ProgramExit::TaskPanicked), _) => PROGRAM_PANICKED,
        _ if timed_out => TIMED_OUT,
        _ if failed => HOOK_FAILED,
        (_, _, Trigger::Signal { signal, .. }) if signal_exit_code => forced_by(*signal),
        _ => 0,
    }
}

/// How severe the outcome of one hook is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Severity {
    Fine,
    Failed,
    TimedOut,
}

fn severity(outcome: &Outcome) -> Severity {
    match outcome {
        // No wildcard for outcomes: a new one must choose its severity.
        Outcome::Completed => Severity::Fine,
        Outcome::Failed(_) | Outcome::Panicked(_) | Outcome::Skipped(SkipReason::MissingValue { .. }) => {
            Severity::Failed
        }
        // The program itself dropped the guard. A service whose connections end while it drains must not exit with 70.
        Outcome::Skipped(SkipReason::GuardDropped) => Severity::Fine,
        // All other reasons to skip a hook are a lack of time, or follow from one.
        Outcome::TimedOut { .. } | Outcome::Skipped(_) => Severity::TimedOut,
    }
}

/// Returns the code that shells show for an end by this signal: 128 + n. No system has a signal above 127.
pub(crate) fn forced_by(signal: Signal) -> u8 {
    u8::try_from(128 + signal.number()).unwrap_or(u8::MAX)
}

/// Selects how the process ends when all hooks have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitMode {
    /// Flushes stdout, then calls `_exit`. Runs no `atexit` handlers: they race with the threads that still run.
    #[default]
    Immediate,
    /// Calls `exit`, which runs `atexit` handlers. A handler that hangs is cut off before the deadline.
    Atexit,
    /// Lets the process continue: [`Handle::wait`](crate::Handle::wait) returns the report, and the program ends itself.
    ///
    /// Another signal, more than a second after the trigger, ends the process at once with 128 + n.
    Return,
}

/// Flushes stdout and ends the process, unless the program ends itself.
///
/// Blocks if stdout blocks. The supervisor then ends the process.
pub(crate) fn leave(code: u8, mode: ExitMode) {
    match mode {
        ExitMode::Return => {}
        ExitMode::Atexit => as_main_returns(code),
        ExitMode::Immediate => {
            // A closed stdout must not keep the process from ending.
            let _ = std::io::stdout().flush();
            now(code)
        }
    }
}

/// Ends the process as Rust does when `main` returns: flushes stdout and runs `atexit` handlers.
pub(crate) fn as_main_returns(code: u8) -> ! {
    std::process::exit(code.into())
}

/// Ends the process at once, by `_exit`. To raise a signal again would do nothing as PID 1.
pub(crate) fn now(code: u8) -> ! {
    #[cfg(any(unix, windows))]
    signal_hook::low_level::exit(code.into());
    // Other targets have no `_exit`, and wasm runs no handlers.
    #[cfg(not(any(unix, windows)))]
    std::process::exit(code.into())
}

#[cfg(test)]
mod tests;
