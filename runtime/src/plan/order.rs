//! Checks the `after` declarations of hooks, and finds the longest chain of each group. Pure.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use crate::hook::{Hook, HookRef, Phase, identity};
use crate::plan::allotment::Allotment;

/// A hook that waits, and a hook that it waits for, as positions in the plan.
pub(crate) type Edge = (usize, usize);

/// A plan that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// Hooks that wait for each other, each with its place; the first is named again at the end.
    Cycle(Vec<String>),
    /// A hook that is `after` one whose turn comes later anyway.
    Contradiction {
        /// The hook that waits, with its turn and place.
        hook: String,
        /// The hook it waits for, with its turn and place.
        after: String,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycle(chain) => {
                write!(f, "these hooks wait for each other: {}; take one `after` away", chain.join(" is after "))
            }
            Self::Contradiction { hook, after } => write!(
                f,
                "{hook} is `after` {after}, which runs later; \
                 move one of them to another phase or priority, or take the `after` away"
            ),
        }
    }
}

impl std::error::Error for PlanError {}

/// What orders groups: hooks of one turn run concurrently.
pub(crate) type GroupKey = (Phase, Reverse<i32>);

pub(crate) fn group_key(hook: &Hook) -> GroupKey {
    (hook.phase, Reverse(hook.priority))
}

/// Whether the hook can be `after` the other one.
pub(crate) fn check(hook: &Hook, earlier: &Hook) -> Result<(), PlanError> {
    if group_key(earlier) > group_key(hook) {
        return Err(PlanError::Contradiction { hook: with_turn(hook), after: with_turn(earlier) });
    }
    Ok(())
}

/// Every `after` among these hooks; one that points out of the list (a hook taken out by a setting) is not waited for.
pub(crate) fn edges(hooks: &[HookRef]) -> Result<Vec<Edge>, PlanError> {
    if hooks.iter().all(|hook| hook.after.is_empty()) {
        return Ok(Vec::new());
    }
    let positions: HashMap<_, _> = hooks.iter().enumerate().map(|(at, hook)| (hook.identity(), at)).collect();
    let mut edges = Vec::new();
    for (position, hook) in hooks.iter().enumerate() {
        for earlier in hook.after.iter().map(|after| after()) {
            let Some(at) = positions.get(&identity(earlier)).copied() else { continue };
            // As it will run, which settings may have changed.
            hooks.get(at).map_or(Ok(()), |earlier| check(hook, earlier))?;
            edges.push((position, at));
        }
    }
    Ok(edges)
}

/// Returns for each hook the longest time from its group's start to its end, or an error if hooks wait for each other.
pub(crate) fn chains(hooks: &[HookRef], edges: &[Edge], usable: Duration) -> Result<Vec<Allotment>, PlanError> {
    let mut chains: Vec<Allotment> = hooks.iter().map(|hook| Allotment::of(hook, usable)).collect();
    if edges.is_empty() {
        return Ok(chains);
    }
    let mut waits = vec![0_usize; hooks.len()];
    let mut followers: HashMap<usize, Vec<usize>> = HashMap::new();
    for (hook, earlier) in edges {
        followers.entry(*earlier).or_default().push(*hook);
        waits.get_mut(*hook).into_iter().for_each(|count| *count += 1);
    }
    let mut free: Vec<usize> = (0..hooks.len()).filter(|hook| waits.get(*hook) == Some(&0)).collect();
    let mut settled = 0;
    while let Some(position) = free.pop() {
        settled += 1;
        let Some(ends) = chains.get(position).copied() else {
            debug_assert!(false, "an edge leads to {position}, where there is no hook");
            continue;
        };
        for follower in followers.get(&position).into_iter().flatten() {
            let (Some(hook), Some(earlier)) = (hooks.get(*follower), hooks.get(position)) else { continue };
            if let Some(chain) = chains.get_mut(*follower).filter(|_| group_key(hook) == group_key(earlier)) {
                *chain = chain.or_longer(ends.then(Allotment::of(hook, usable)));
            }
            if let Some(count) = waits.get_mut(*follower) {
                *count = count.saturating_sub(1);
                free.extend((*count == 0).then_some(*follower));
            }
        }
    }
    if settled == hooks.len() { Ok(chains) } else { Err(cycle(hooks, edges, &waits)) }
}

/// Returns the first cycle among the hooks that still wait: follows the edges until a hook comes again.
fn cycle(hooks: &[HookRef], edges: &[Edge], waits: &[usize]) -> PlanError {
    let waiting = |position: usize| waits.get(position).is_some_and(|count| *count > 0);
    let mut path: Vec<usize> = (0..hooks.len()).filter(|position| waiting(*position)).take(1).collect();
    loop {
        let next = edges.iter().find(|(hook, earlier)| Some(hook) == path.last() && waiting(*earlier));
        let Some((_, next)) = next else {
            // A hook waits only while one of those it is `after` waits, too. If not, name the hooks that were met.
            debug_assert!(false, "no cycle among hooks that wait for each other: {path:?}");
            let names = path.iter().filter_map(|position| hooks.get(*position));
            return PlanError::Cycle(names.map(|hook| with_place(hook)).collect());
        };
        let start = path.iter().position(|earlier| earlier == next);
        path.push(*next);
        if let Some(start) = start {
            let names = path.iter().skip(start).filter_map(|position| hooks.get(*position));
            return PlanError::Cycle(names.map(|hook| with_place(hook)).collect());
        }
    }
}

fn with_place(hook: &Hook) -> String {
    format!("{} ({}:{})", hook.name, hook.file, hook.line)
}

fn with_turn(hook: &Hook) -> String {
    format!("{} ({}:{}, phase {}, priority {})", hook.name, hook.file, hook.line, hook.phase, hook.priority)
}
