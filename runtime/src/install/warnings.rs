//! Warnings at install: what will not happen as the author of the program may expect.

use crate::duration_text::HumanDuration;
use crate::install::shell_form;
use crate::plan::Plan;
use crate::plan::shortfall;
use crate::trigger::Signal;

/// Returns one sentence for each thing that will surprise the author of the program.
pub(crate) fn warnings(plan: &Plan, ignored: &[Signal]) -> Vec<String> {
    [shortfall::describe(plan), long_delay(plan), still_ignored(ignored), shell_form::warning(), unisolated()]
        .into_iter()
        .flatten()
        .collect()
}

fn long_delay(plan: &Plan) -> Option<String> {
    let (delay, usable) = (plan.drain_delay(), plan.budget().usable());
    (delay > usable / 2).then(|| {
        format!(
            "the drain delay of {} is more than half of the {} there are; \
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
            "{} was ignored when the program started (nohup, or a background job) and stays so; \
             write `handle_ignored_signals = true` to handle it all the same",
            names.join(", ")
        )
    })
}

/// The runtime is compiled with the program's panic strategy, so it knows.
fn unisolated() -> Option<String> {
    cfg!(panic = "abort").then(|| {
        "this program is built with `panic = \"abort\"`: a hook that panics ends it at once, and the hooks after it \
         do not run"
            .to_owned()
    })
}
