//! Logs what was installed: the number of hooks, the signals, the time, and the warnings.

use std::time::Duration;

use super::warnings::Advice;
use crate::os;
use crate::plan::Plan;
use crate::plan::drain_delay::{DrainDelay, DrainDelaySource};
use crate::telemetry::{Event, Output};
use crate::trigger::Signal;

/// Logs one line for the install, one more for the file of the report if it is an unexpected one, and one for each warning.
pub(super) fn log_installed(output: &Output, plan: &Plan, handled: &[Signal], advice: Advice) {
    let signals = match handled {
        [] => "no signal".to_owned(),
        _ => handled.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let (count, budget) = (plan.hooks().count(), plan.budget());
    let hooks = if count == 1 { "hook" } else { "hooks" };
    let disabled = plan.disabled().count();
    let disabled_hooks = if disabled == 0 { String::new() } else { format!(" ({disabled} disabled)") };
    // A program that sets no delay on a platform without one does not think of it.
    let delay = match plan.delay() {
        DrainDelay { length: Duration::ZERO, source: DrainDelaySource::Default | DrainDelaySource::Program } => {
            String::new()
        }
        delay => format!(", {delay}"),
    };
    let line = format!("{count} {hooks}{disabled_hooks}, on {signals}; {budget}{delay}");
    // Not a warning: a program may register its hooks later, or only wait for its work in flight.
    let missing = if count + disabled == 0 { NO_HOOKS } else { "" };
    let only_thread = if os::HAS_THREADS { "" } else { NO_THREADS };
    output.log(Event::Installed(line + missing + only_thread));
    // Nothing is wrong, so it is no warning.
    advice.report_note.into_iter().for_each(|note| output.log(Event::Installed(note)));
    // One line each, so that a log search finds every warning by itself.
    advice.warnings.into_iter().for_each(|warning| output.log(Event::Warning(warning)));
}

/// The end of the install line on a target without threads.
const NO_THREADS: &str = "; this target has no threads: the hooks run when `main` has ended, or after a request in an async \
                          `main` of `#[on_shutdown::main]`, and after a hook that blocks or panics no other hook runs";

/// The end of the install line of a program without hooks.
const NO_HOOKS: &str = "; if a crate of this program has hooks, it is not linked: write `use that_crate as _;`, see \
                        https://github.com/on-shutdown/on-shutdown/blob/main/docs/libraries.md#missing-hooks";
