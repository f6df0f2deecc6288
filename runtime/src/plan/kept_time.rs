//! Names the hooks that time is kept for while work in flight is waited for.

use std::fmt;
use std::time::Duration;

use super::Plan;
use crate::duration_text::HumanDuration;
use crate::hook::Phase;
use crate::plan::Id;
use crate::plan::allotment::Allotment;
use crate::plan::order::GroupKey;

/// Maximum number of hooks in one line. A longer line is not read.
const LISTED: usize = 4;

/// A hook that runs after the drain phase, and the time that is kept for it while work in flight is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeptTime {
    /// The full name of the hook.
    pub hook: String,
    /// The timeout of the hook, or the [least share](Plan::least_share) if it sets none.
    pub time: Duration,
}

impl fmt::Display for KeptTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.hook, HumanDuration(self.time))
    }
}

/// Returns the hooks with the most time, as a list for one line. Empty if there are none.
pub(crate) fn list(kept: &[KeptTime]) -> String {
    let mut longest: Vec<&KeptTime> = Vec::with_capacity(LISTED + 1);
    for kept in kept {
        // Behind those of equal time, so that these stay in the order of the plan.
        longest.insert(longest.partition_point(|other| other.time >= kept.time), kept);
        longest.truncate(LISTED);
    }
    let shown: Vec<String> = longest.iter().map(ToString::to_string).collect();
    match kept.len().saturating_sub(LISTED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

impl Plan {
    /// Returns the hooks that time is kept for, among the hooks of the groups after this one and after the drain phase.
    ///
    /// Of hooks that run concurrently, returns those that determine the time of their group.
    pub(crate) fn kept_time(&self, after: Option<GroupKey>) -> Vec<KeptTime> {
        let later = self.groups().filter(|(key, _)| key.0 > Phase::Drain && Some(*key) > after);
        let last = later.filter_map(|(_, group)| group.members.iter().copied().max_by_key(|id| self.path_to(*id).min));
        last.flat_map(|last| self.critical_path(last)).collect()
    }

    /// Returns the hooks of the longest path to this hook, inside its group.
    fn critical_path(&self, last: Id) -> Vec<KeptTime> {
        let (mut path, mut next) = (Vec::new(), Some(last));
        while let Some((id, hook)) = next.and_then(|id| Some((id, self.hook(id)?))) {
            let own = Allotment::of(hook, self.budget().usable()).min;
            path.push(KeptTime { hook: hook.full_name(), time: own });
            let before = self.path_to(id).min.saturating_sub(own);
            let members = self.group(super::order::group_key(hook)).map_or(&[][..], |group| &group.members);
            let is_before = |other: &&Id| self.followers(**other).contains(&id) && self.path_to(**other).min == before;
            // The path gets shorter with each hook, so this ends.
            next = members.iter().find(is_before).copied().filter(|_| !before.is_zero());
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hooks_with_the_most_time_come_first_and_equal_ones_in_the_order_of_the_plan() {
        let kept = |all: &[(&str, u64)]| {
            let kept =
                |(hook, time): &(&str, u64)| KeptTime { hook: (*hook).to_owned(), time: Duration::from_secs(*time) };
            list(&all.iter().map(kept).collect::<Vec<_>>())
        };
        assert_eq!(kept(&[]), "");
        assert_eq!(kept(&[("a", 2), ("b", 3), ("c", 2)]), "b (3 s), a (2 s), c (2 s)");
        assert_eq!(kept(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]), "a (1 s), b (1 s), c (1 s), d (1 s)");
        let more = [("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1), ("f", 9)];
        assert_eq!(kept(&more), "f (9 s), a (1 s), b (1 s), c (1 s) and 2 more");
    }
}
