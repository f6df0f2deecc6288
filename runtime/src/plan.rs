//! Station 3: the hooks in, their order, groups and dependencies out; pure, and printed by `Display`.

use std::cmp::Reverse;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::after::{self, PlanError};
use crate::budget::Budget;
use crate::hook::{Hook, Phase};
use crate::length::Length;

/// Everything that a shutdown would do, made at install: a value to look at, to print, to test.
#[derive(Clone, Debug)]
pub struct Plan {
    hooks: Vec<&'static Hook>,
    /// For each hook that waits, the hooks it is `after`; both as positions in `hooks`.
    after: Vec<(usize, usize)>,
    groups: Vec<Group>,
    budget: Budget,
    drain_delay: Duration,
}

/// The hooks of one phase and one priority: they run concurrently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The phase of every hook of the group.
    pub phase: Phase,
    /// The priority of every hook of the group.
    pub priority: i32,
    /// The longest that the group may take, by its hooks' timeouts: its longest chain of `after`.
    pub declared: Duration,
    pub(crate) members: Range<usize>,
}

impl Plan {
    pub(crate) fn new(mut hooks: Vec<&'static Hook>, budget: Budget, drain_delay: Duration) -> Result<Self, PlanError> {
        hooks.sort_by(|a, b| order(a).cmp(&order(b)));
        let after = after::edges(&hooks)?;
        let groups = groups(&hooks, &after::chains(&hooks, &after)?);
        Ok(Self { hooks, after, groups, budget, drain_delay })
    }

    /// The hooks, in order.
    #[must_use]
    pub fn hooks(&self) -> &[&'static Hook] {
        &self.hooks
    }

    /// The groups, in order.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The time there is.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// How long the program goes on serving after the trigger.
    #[must_use]
    pub fn drain_delay(&self) -> Duration {
        self.drain_delay
    }

    /// The hooks of a group of this plan.
    pub(crate) fn members(&self, group: &Group) -> &[&'static Hook] {
        self.hooks.get(group.members.clone()).unwrap_or_default()
    }

    /// For each hook that waits: its position, and the position of a hook that it waits for.
    pub(crate) fn after(&self) -> &[(usize, usize)] {
        &self.after
    }

    /// How long the shutdown takes when every hook takes as long as it may.
    #[must_use]
    pub fn worst_case(&self) -> Duration {
        let of = |phase: Phase| -> Duration {
            self.groups.iter().filter(|group| group.phase == phase).map(|group| group.declared).sum()
        };
        // The announce hooks run while the delay passes.
        let announced = of(Phase::Announce).max(self.drain_delay);
        Phase::ALL.iter().skip(1).map(|phase| of(*phase)).sum::<Duration>() + announced
    }

    /// Whether every hook can have its whole timeout, whatever the others take.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.worst_case() <= self.budget.usable()
    }
}

/// Phase, priority (high first), then where the hook stands in the source: never the linker's order.
fn order(hook: &Hook) -> impl Ord {
    (hook.phase, Reverse(hook.priority), hook.module, hook.line, hook.name, hook.file)
}

fn groups(hooks: &[&'static Hook], chains: &[Duration]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (position, (hook, chain)) in hooks.iter().zip(chains).enumerate() {
        match groups.last_mut() {
            Some(last) if (last.phase, last.priority) == (hook.phase, hook.priority) => {
                last.declared = last.declared.max(*chain);
                last.members.end = position + 1;
            }
            _ => groups.push(Group {
                phase: hook.phase,
                priority: hook.priority,
                declared: *chain,
                members: position..position + 1,
            }),
        }
    }
    groups
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.hooks.len();
        writeln!(f, "shutdown plan: {count} {}, {}", if count == 1 { "hook" } else { "hooks" }, self.budget)?;
        let width = self.hooks.iter().map(|hook| hook.name.len()).max().unwrap_or(0);
        let mut phase = None;
        for group in &self.groups {
            if phase.replace(group.phase) != Some(group.phase) {
                write!(f, "{}", group.phase)?;
                if group.phase == Phase::Announce && !self.drain_delay.is_zero() {
                    write!(f, " (and serve on for a drain delay of {})", Length(self.drain_delay))?;
                }
                writeln!(f)?;
            }
            for hook in self.members(group) {
                let (timeout, place) = (Length(hook.timeout), format_args!("{}:{}", hook.file, hook.line));
                let package = format_args!("{} {}", hook.package, hook.version);
                writeln!(f, "  {:>5}  {:width$}  within {timeout}  {place}  {package}", hook.priority, hook.name)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
