//! Writes the warnings at install: what the author of the program may not expect.

use crate::duration_text::HumanDuration;
use crate::install::shell_form;
use crate::plan::Plan;
use crate::plan::shortfall;
use crate::trigger::Signal;

/// Returns one sentence for each thing that the author or the operator of the program may not expect.
pub(crate) fn warnings(plan: &Plan, unused_variables: &[String], ignored: &[Signal]) -> Vec<String> {
    // The plan first: the author of the program can change it.
    let mut warnings = plan_warnings(plan);
    warnings.extend_from_slice(unused_variables);
    warnings.extend([still_ignored(ignored), shell_form::warning()].into_iter().flatten());
    warnings
}

/// Returns the warnings that do not depend on how and where the program was started.
pub(crate) fn plan_warnings(plan: &Plan) -> Vec<String> {
    [shortfall::describe(plan), long_delay(plan), panic_aborts()].into_iter().flatten().collect()
}

fn long_delay(plan: &Plan) -> Option<String> {
    let (delay, usable) = (plan.drain_delay(), plan.budget().usable());
    // Half: with more, the delay is the longest part of the shutdown, and hooks are cut short first.
    (delay > usable / 2).then(|| {
        format!(
            "the drain delay of {} is more than half of the usable {}; \
             write a shorter `drain_delay` or a longer `grace_period`",
            HumanDuration(delay),
            HumanDuration(usable)
        )
    })
}

fn still_ignored(ignored: &[Signal]) -> Option<String> {
    let names: Vec<String> = ignored.iter().map(ToString::to_string).collect();
    (!ignored.is_empty()).then(|| {
        format!(
            "{} was ignored when the program started (nohup, or a background job) and stays ignored; \
             write `handle_ignored_signals = true` to handle it",
            names.join(", ")
        )
    })
}

/// Works because cargo compiles this crate with the panic strategy of the program.
fn panic_aborts() -> Option<String> {
    cfg!(panic = "abort").then(|| {
        "this program is built with `panic = \"abort\"`: a hook that panics ends the process at once, and the \
         hooks after it do not run"
            .to_owned()
    })
}
