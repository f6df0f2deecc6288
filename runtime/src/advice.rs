//! Beside station 9: the settled plan in, what its author should know before the first stop out.

use crate::length::Length;
use crate::plan::Plan;
use crate::shell_form;
use crate::timing;
use crate::trigger::Signal;

/// More hooks than this are not listed one by one.
const LISTED: usize = 8;

/// One sentence for each thing that will not be as the program's author may think.
pub(crate) fn advice(plan: &Plan, ignored: &[Signal]) -> Vec<String> {
    [over_budget(plan), long_delay(plan), still_ignored(ignored), shell_form::advice(), unisolated()]
        .into_iter()
        .flatten()
        .collect()
}

pub(crate) fn over_budget(plan: &Plan) -> Option<String> {
    let cuts = timing::cuts(plan);
    if cuts.is_empty() {
        return None;
    }
    let shown = cuts.iter().take(LISTED).map(|(hook, allowance)| {
        let (allowance, timeout) = (Length(*allowance), Length(hook.timeout));
        format!("{} to {allowance} of {timeout}", hook.name)
    });
    let mut list = shown.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = cuts.len().checked_sub(LISTED) {
        list += &format!(", and {more} more");
    }
    let (worst, usable) = (Length(plan.worst_case()), Length(plan.budget().usable()));
    Some(format!(
        "the worst case of {worst} exceeds the {usable} there are; if every hook takes its whole timeout, these are \
         cut short: {list}; write shorter timeouts or a longer `grace_period`"
    ))
}

fn long_delay(plan: &Plan) -> Option<String> {
    let (delay, usable) = (plan.drain_delay(), plan.budget().usable());
    (delay > usable / 2).then(|| {
        format!(
            "the drain delay of {} is more than half of the {} there are; \
             write a shorter `drain_delay` or a longer `grace_period`",
            Length(delay),
            Length(usable)
        )
    })
}

fn still_ignored(ignored: &[Signal]) -> Option<String> {
    let names: Vec<String> = ignored.iter().map(ToString::to_string).collect();
    (!ignored.is_empty()).then(|| {
        format!(
            "{} was ignored when the program started (nohup, or a background job) and stays so; \
             write `override_ignored = true` to handle it all the same",
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
