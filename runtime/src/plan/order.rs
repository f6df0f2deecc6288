//! Checks the `after` declarations of hooks, and computes the critical path of each group. Pure.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::time::Duration;

use crate::hook::{HookRecord, HookRef, Phase, identity};
use crate::plan::allotment::Allotment;

/// A hook, and a hook that must end before it. Both are positions in the sorted list of hooks.
pub(crate) type Edge = (usize, usize);

/// The error for a plan whose order contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// Hooks wait for each other. The list names each hook with its location, and the first hook again at the end.
    Cycle(Vec<String>),
    /// A hook is `after` a hook that runs later by its phase or priority.
    Contradiction {
        /// The hook that waits, with its location, phase and priority.
        hook: String,
        /// The hook that it waits for, with its location, phase and priority.
        after: String,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycle(path) => {
                write!(f, "these hooks wait for each other: {}; remove one `after`", path.join(" is after "))
            }
            Self::Contradiction { hook, after } => write!(
                f,
                "{hook} is `after` {after}, which runs later; \
                 move one of them to another phase or priority, or remove the `after`"
            ),
        }
    }
}

impl std::error::Error for PlanError {}

/// The key by which groups are sorted. Hooks with equal keys run concurrently.
pub(crate) type GroupKey = (Phase, Reverse<i32>);

pub(crate) fn group_key(hook: &HookRecord) -> GroupKey {
    (hook.phase, Reverse(hook.priority))
}

/// Checks that `hook` can be `after` the hook `earlier`.
pub(crate) fn check(hook: &HookRecord, earlier: &HookRecord) -> Result<(), PlanError> {
    if group_key(earlier) > group_key(hook) {
        return Err(PlanError::Contradiction { hook: with_group(hook), after: with_group(earlier) });
    }
    Ok(())
}

/// Returns every `after` among these hooks. A hook that settings have disabled is not in the list and is not waited for.
pub(crate) fn edges(hooks: &[HookRef]) -> Result<Vec<Edge>, PlanError> {
    // Most programs have no `after`. Skip the table then, because install is on the path of every start.
    if hooks.iter().all(|hook| hook.after.is_empty()) {
        return Ok(Vec::new());
    }
    let positions = BinaryHeap::from_iter(hooks.iter().enumerate().map(|(at, hook)| (hook.identity(), at)));
    let positions: Vec<(usize, usize)> = positions.into_sorted_vec();
    let position_of = |identity: usize| {
        let found = positions.binary_search_by_key(&identity, |(identity, _)| *identity).ok()?;
        positions.get(found).map(|(_, at)| *at)
    };
    let mut edges = Vec::new();
    for (position, hook) in hooks.iter().enumerate() {
        for earlier in hook.after.iter().map(|after| after()) {
            let Some(at) = position_of(identity(earlier)) else { continue };
            // Check the hook of the list, not `earlier`: settings may have changed its priority.
            hooks.get(at).map_or(Ok(()), |earlier| check(hook, earlier))?;
            edges.push((position, at));
        }
    }
    Ok(edges)
}

/// Returns for each hook the longest time from the start of its group to its own end.
///
/// Visits the hooks in topological order (Kahn's algorithm).
///
/// # Errors
/// Returns the cycle if hooks wait for each other.
pub(crate) fn critical_paths(hooks: &[HookRef], edges: &[Edge], usable: Duration) -> Result<Vec<Allotment>, PlanError> {
    let mut paths: Vec<Allotment> = hooks.iter().map(|hook| Allotment::of(hook, usable)).collect();
    if edges.is_empty() {
        return Ok(paths);
    }
    // The number of edges that still lead to each hook. A hook is visited when its number is 0.
    let mut waits = vec![0_usize; hooks.len()];
    let mut followers = vec![Vec::new(); hooks.len()];
    for (hook, earlier) in edges {
        followers.get_mut(*earlier).into_iter().for_each(|followers| followers.push(*hook));
        waits.get_mut(*hook).into_iter().for_each(|count| *count += 1);
    }
    let mut ready: Vec<usize> = (0..hooks.len()).filter(|hook| waits.get(*hook) == Some(&0)).collect();
    let mut visited = 0;
    while let Some(position) = ready.pop() {
        visited += 1;
        let Some(path) = paths.get(position).copied() else {
            debug_assert!(false, "an edge leads to {position}, where there is no hook");
            continue;
        };
        for follower in followers.get(position).into_iter().flatten() {
            let (Some(hook), Some(earlier)) = (hooks.get(*follower), hooks.get(position)) else { continue };
            // Only hooks of the same group share the group's time.
            if let Some(longest) = paths.get_mut(*follower).filter(|_| group_key(hook) == group_key(earlier)) {
                *longest = longest.or_longer(path.followed_by(Allotment::of(hook, usable)));
            }
            if let Some(count) = waits.get_mut(*follower) {
                *count = count.saturating_sub(1);
                ready.extend((*count == 0).then_some(*follower));
            }
        }
    }
    // A hook on a cycle is never visited.
    if visited == hooks.len() { Ok(paths) } else { Err(cycle(hooks, edges, &waits)) }
}

/// Returns the first cycle among the hooks that still wait. Follows the edges until a hook repeats.
fn cycle(hooks: &[HookRef], edges: &[Edge], waits: &[usize]) -> PlanError {
    let is_waiting = |position: usize| waits.get(position).is_some_and(|count| *count > 0);
    let mut path: Vec<usize> = (0..hooks.len()).filter(|position| is_waiting(*position)).take(1).collect();
    loop {
        let next = edges.iter().find(|(hook, earlier)| Some(hook) == path.last() && is_waiting(*earlier));
        let Some((_, next)) = next else {
            // Each waiting hook waits for another waiting hook, so the path cannot end. Name the path if it does.
            debug_assert!(false, "no cycle among hooks that wait for each other: {path:?}");
            let names = path.iter().filter_map(|position| hooks.get(*position));
            return PlanError::Cycle(names.map(|hook| with_location(hook)).collect());
        };
        let start = path.iter().position(|earlier| earlier == next);
        path.push(*next);
        if let Some(start) = start {
            let names = path.iter().skip(start).filter_map(|position| hooks.get(*position));
            return PlanError::Cycle(names.map(|hook| with_location(hook)).collect());
        }
    }
}

fn with_location(hook: &HookRecord) -> String {
    format!("{} ({}:{})", hook.name, hook.file, hook.line)
}

fn with_group(hook: &HookRecord) -> String {
    format!("{} ({}:{}, phase {}, priority {})", hook.name, hook.file, hook.line, hook.phase, hook.priority)
}
