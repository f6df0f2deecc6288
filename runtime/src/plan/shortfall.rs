//! Describes a plan that does not fit: its worst case, and the hooks that are cut short.

use std::time::Duration;

use super::Plan;
use super::timing;
use crate::duration_text::HumanDuration;

/// Maximum number of hooks in one warning. A longer line is not read.
const LISTED: usize = 8;

/// Returns the warning with the hooks that are cut short if every hook takes as long as it may. Returns `None` exactly if
/// the plan fits.
pub(crate) fn describe(plan: &Plan) -> Option<String> {
    let worst = timing::worst_case(plan);
    let keeps_drain_time = worst.keeps_drain_time;
    let cuts = worst.cuts(plan);
    if cuts.is_empty() && keeps_drain_time {
        return None;
    }
    let shown = cuts.iter().take(LISTED).map(|(hook, limit)| {
        let limit = HumanDuration(*limit);
        if hook.timeout_is_default {
            format!("{} to {limit} (no timeout set; needs at least {})", hook.name, HumanDuration(plan.least_share()))
        } else {
            format!("{} to {limit} of {}", hook.name, HumanDuration(hook.timeout))
        }
    });
    let mut list = shown.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = cuts.len().checked_sub(LISTED) {
        list += &format!(", and {more} more");
    }
    let (worst, usable) = (plan.worst_case(), plan.budget().usable());
    debug_assert!(worst > usable, "hooks are cut, although {worst:?} fit into {usable:?}");
    // A small excess does not show in the two numbers, which have two decimals. So print the excess, too.
    let excess = worst.saturating_sub(usable);
    let by = if excess < Duration::from_millis(100) { format!(" by {}", HumanDuration(excess)) } else { String::new() };
    // Without this number the two others seem to contradict each other.
    let kept = match plan.unused_flush_slice() {
        Duration::ZERO => String::new(),
        _ => format!(" (the last {} are kept for flush)", HumanDuration(plan.budget().flush_slice())),
    };
    let work = match (plan.min_drain_time(), keeps_drain_time) {
        (Duration::ZERO, _) => String::new(),
        (time, true) => format!(" and work in flight takes the {} of `min_drain_time`", HumanDuration(time)),
        (time, false) => format!(", work in flight has less than the {} of `min_drain_time`", HumanDuration(time)),
    };
    let hooks = if cuts.is_empty() { String::new() } else { format!(", these hooks are cut short: {list}") };
    Some(format!(
        "the worst case of {} exceeds the usable time of {}{kept}{by}; if every hook takes its whole timeout{work}{hooks}; \
         write shorter timeouts or a longer `{}`",
        HumanDuration(worst),
        HumanDuration(usable),
        plan.budget().setting(),
    ))
}
