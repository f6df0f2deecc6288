//! Warnings at install: what will not happen as the author of the program may expect.

use std::time::Duration;

use crate::duration_text::Length;
use crate::plan::Plan;
use crate::install::shell_form;
use crate::plan::timing;
use crate::trigger::Signal;

/// Maximum number of hooks listed in one warning: more do not fit on a line that people read.
const LISTED: usize = 8;

/// Returns one sentence for each thing that will surprise the author of the program.
pub(crate) fn advice(plan: &Plan, ignored: &[Signal]) -> Vec<String> {
    [over_budget(plan), long_delay(plan), still_ignored(ignored), shell_form::advice(), unisolated()]
        .into_iter()
        .flatten()
        .collect()
}

/// Says which hooks would be cut short if every hook took as long as it may; `None` exactly if the plan fits.
pub(crate) fn over_budget(plan: &Plan) -> Option<String> {
    let cuts = timing::cuts(plan);
    if cuts.is_empty() {
        return None;
    }
    let shown = cuts.iter().take(LISTED).map(|(hook, limit)| {
        let limit = Length(*limit);
        if hook.timeout_is_default {
            format!("{} to {limit} (it has no timeout and needs {} at least)", hook.name, Length(plan.least_share()))
        } else {
            format!("{} to {limit} of {}", hook.name, Length(hook.timeout))
        }
    });
    let mut list = shown.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = cuts.len().checked_sub(LISTED) {
        list += &format!(", and {more} more");
    }
    let (worst, usable) = (plan.worst_case(), plan.budget().usable());
    debug_assert!(worst > usable, "hooks are cut, although {worst:?} fit into {usable:?}");
    // A small excess does not show in the two numbers, which have two decimals.
    let excess = worst.saturating_sub(usable);
    let by = if excess < Duration::from_millis(100) { format!(" by {}", Length(excess)) } else { String::new() };
    let kept = match plan.kept_beyond_need() {
        Duration::ZERO => String::new(),
        _ => format!(" ({} of them are kept for flush)", Length(plan.budget().flush_slice())),
    };
    Some(format!(
        "the worst case of {} exceeds the {} there are{kept}{by}; if every hook takes its whole timeout, these are cut \
         short: {list}; write shorter timeouts or a longer `grace_period`",
        Length(worst),
        Length(usable),
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
