//! Prints or checks the plan and ends the process, as the variable `ON_SHUTDOWN` asks for.

use std::io;

use super::settings::{InstallError, MODE_ENV};
use super::warnings::Advice;
use crate::exit;
use crate::plan::Plan;
use crate::telemetry::log_line::{Level, write_message};

/// Prints the plan with its advice.
pub(super) fn print(plan: &Plan, advice: &Advice) -> ! {
    print_and_exit(&with_advice(plan, advice), 0)
}

/// Prints the plan as JSON.
pub(super) fn print_json(plan: &Plan) -> ! {
    print_and_exit(&as_json(plan), 0)
}

fn with_advice(plan: &Plan, Advice { warnings, still_ignored, report_note }: &Advice) -> String {
    let notes: String = warnings.iter().map(|warning| format!("note: {warning}\n")).collect();
    let facts: String = still_ignored.iter().chain(report_note).map(|fact| format!("info: {fact}\n")).collect();
    format!("{plan}{notes}{facts}")
}

/// Prints the plan and ends the process, with an error if there are warnings.
pub(super) fn check(plan: &Plan, advice: &Advice) -> ! {
    let count = advice.warnings.len();
    let code = if count == 0 { 0 } else { exit::CONFIG };
    if code != 0 {
        let noun = if count == 1 { "warning" } else { "warnings" };
        write_message(Level::Error, format_args!("`{MODE_ENV}=check` found {count} {noun}: exit code {code}"));
    }
    print_and_exit(&with_advice(plan, advice), code)
}

/// Ends the process, because the shutdown cannot be installed.
pub(super) fn fail_check(error: &InstallError) -> ! {
    write_message(Level::Error, error);
    exit::now(error.exit_code())
}

#[cfg(feature = "json")]
fn as_json(plan: &Plan) -> String {
    plan.to_json()
}

/// Is never called: without the feature, `Mode::read` refuses `plan-json`.
#[cfg(not(feature = "json"))]
fn as_json(plan: &Plan) -> String {
    plan.to_string()
}

fn print_and_exit(text: &str, code: u8) -> ! {
    let mut stdout = io::stdout().lock();
    // A reader that stops early (`| head`) is not an error.
    let _ = io::Write::write_all(&mut stdout, text.as_bytes());
    let _ = io::Write::flush(&mut stdout);
    exit::now(code)
}
