//! Station 3: the hooks in, their order, groups and dependencies out; pure, and printed by `Display`.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::time::Duration;

use crate::after::{self, PlanError, Turn, timeout, turn};
use crate::budget::Budget;
use crate::demand::{Declared, Demand};
use crate::hook::{Hook, HookRef, Phase};
use crate::overrides::Disabled;

mod print;
#[cfg(test)]
mod tests;

/// A hook's place in the plan's table.
pub(crate) type Id = usize;

/// Everything that a shutdown would do: a value to look at, to print, to test.
#[derive(Clone, Debug)]
pub struct Plan {
    entries: Vec<Option<Entry>>,
    /// Places that hooks made at run time have left.
    free: Vec<Id>,
    groups: BTreeMap<Turn, Group>,
    /// Whether a hook made at run time is there, by its identity.
    registered: HashMap<usize, Id>,
    declared: Declared,
    /// Hooks that settings have taken out.
    disabled: Vec<Disabled>,
    budget: Budget,
    drain_delay: Duration,
}

#[derive(Clone, Debug)]
struct Entry {
    hook: HookRef,
    /// From its group's start to its end, if all that it waits for take their whole timeouts.
    chain: Duration,
    /// How many hooks it is `after`.
    waits: usize,
    /// The hooks that are `after` it.
    followers: Vec<Id>,
}

/// The hooks of one phase and one priority: they run concurrently.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) members: Vec<Id>,
    /// The longest that the group may take, by its hooks' timeouts: its longest chain of `after`.
    pub(crate) declared: Duration,
}

impl Plan {
    pub(crate) fn new(mut hooks: Vec<HookRef>, budget: Budget, drain_delay: Duration) -> Result<Self, PlanError> {
        hooks.sort_by(|a, b| order(a).cmp(&order(b)));
        let edges = after::edges(&hooks)?;
        let chains = after::chains(&hooks, &edges)?;
        let mut plan = Self {
            entries: Vec::with_capacity(hooks.len()),
            free: Vec::new(),
            groups: BTreeMap::new(),
            registered: HashMap::new(),
            declared: Declared::default(),
            disabled: Vec::new(),
            budget,
            drain_delay,
        };
        for (hook, chain) in hooks.into_iter().zip(chains) {
            plan.insert(Entry { hook, chain, waits: 0, followers: Vec::new() });
        }
        edges.into_iter().for_each(|(hook, earlier)| plan.connect(hook, earlier));
        Ok(plan)
    }

    /// The same plan, which also tells of hooks that were taken out.
    pub(crate) fn without(mut self, disabled: Vec<Disabled>) -> Self {
        self.disabled = disabled;
        self
    }

    /// A hook made at run time; it comes last in its group.
    pub(crate) fn add(&mut self, hook: HookRef, after: &[HookRef]) -> Id {
        let earlier: Vec<Id> = after.iter().filter_map(|earlier| self.find(earlier)).collect();
        let same_turn = |id: &&Id| self.hook(**id).is_some_and(|earlier| turn(earlier) == turn(&hook));
        let waited = earlier.iter().filter(same_turn).filter_map(|id| self.entry(*id)).map(|entry| entry.chain).max();
        let chain = waited.unwrap_or_default() + timeout(&hook);
        let identity = hook.identity();
        let id = self.insert(Entry { hook, chain, waits: 0, followers: Vec::new() });
        self.registered.insert(identity, id);
        earlier.into_iter().for_each(|earlier| self.connect(id, earlier));
        id
    }

    /// Takes out a hook made at run time.
    pub(crate) fn remove(&mut self, id: Id) {
        let Some(entry) = self.entries.get_mut(id).and_then(Option::take) else { return };
        self.registered.remove(&entry.hook.identity());
        for other in self.entries.iter_mut().flatten() {
            other.followers.retain(|follower| *follower != id);
        }
        for follower in entry.followers {
            if let Some(Some(follower)) = self.entries.get_mut(follower) {
                follower.waits = follower.waits.saturating_sub(1);
            }
        }
        let turn = turn(&entry.hook);
        let Some(group) = self.groups.get_mut(&turn) else { return };
        group.members.retain(|member| *member != id);
        let chains = group.members.iter().filter_map(|id| self.entries.get(*id)?.as_ref()).map(|entry| entry.chain);
        let declared = chains.max().unwrap_or_default();
        let (before, after) = (group.declared, declared);
        group.declared = declared;
        self.redeclare(turn.0, before, after);
        if after.is_zero() {
            self.groups.remove(&turn);
        }
        self.free.push(id);
    }

    fn insert(&mut self, entry: Entry) -> Id {
        let turn = turn(&entry.hook);
        let id = self.free.pop().unwrap_or(self.entries.len());
        let group = self.groups.entry(turn).or_default();
        let (before, after) = (group.declared, group.declared.max(entry.chain));
        group.declared = after;
        group.members.push(id);
        self.redeclare(turn.0, before, after);
        match self.entries.get_mut(id) {
            Some(place) => *place = Some(entry),
            None => self.entries.push(Some(entry)),
        }
        id
    }

    fn redeclare(&mut self, phase: Phase, before: Duration, after: Duration) {
        let usable = self.budget.usable();
        let part = self.declared.of(phase);
        part.take(Demand::new(before, usable));
        part.add(Demand::new(after, usable));
    }

    fn connect(&mut self, hook: Id, earlier: Id) {
        if let Some(Some(earlier)) = self.entries.get_mut(earlier) {
            earlier.followers.push(hook);
        }
        if let Some(Some(hook)) = self.entries.get_mut(hook) {
            hook.waits += 1;
        }
    }

    pub(crate) fn find(&self, hook: &HookRef) -> Option<Id> {
        match hook {
            HookRef::Registered(_) => self.registered.get(&hook.identity()).copied(),
            HookRef::Linked(_) | HookRef::Tuned(_) => {
                let same =
                    |entry: &Option<Entry>| entry.as_ref().is_some_and(|it| it.hook.identity() == hook.identity());
                self.entries.iter().position(same)
            }
        }
    }

    fn entry(&self, id: Id) -> Option<&Entry> {
        self.entries.get(id)?.as_ref()
    }

    pub(crate) fn hook(&self, id: Id) -> Option<&HookRef> {
        self.entry(id).map(|entry| &entry.hook)
    }

    /// How many hooks must have ended before this one starts.
    pub(crate) fn waits(&self, id: Id) -> usize {
        self.entry(id).map_or(0, |entry| entry.waits)
    }

    /// The hooks that are `after` this one.
    pub(crate) fn followers(&self, id: Id) -> &[Id] {
        self.entry(id).map_or(&[], |entry| &entry.followers)
    }

    /// One more than the highest [`Id`].
    pub(crate) fn size(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn group(&self, turn: Turn) -> Option<&Group> {
        self.groups.get(&turn)
    }

    /// The first group whose turn is later.
    pub(crate) fn next_group(&self, after: Option<Turn>) -> Option<(Turn, &Group)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.groups.range((from, Bound::Unbounded)).next().map(|(turn, group)| (*turn, group))
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = (Turn, &Group)> {
        self.groups.iter().map(|(turn, group)| (*turn, group))
    }

    pub(crate) fn declared(&self) -> Declared {
        self.declared
    }

    /// Every hook's place, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> {
        self.groups.values().flat_map(|group| group.members.iter().copied())
    }

    /// The hooks, in order.
    pub fn hooks(&self) -> impl Iterator<Item = &Hook> {
        self.ids().filter_map(|id| self.hook(id)).map(|hook| &**hook)
    }

    /// The hooks, in order, each with those that it waits for.
    #[cfg(feature = "json")]
    pub(crate) fn with_after(&self) -> impl Iterator<Item = (&Hook, Vec<&Hook>)> {
        let mut earlier: HashMap<Id, Vec<Id>> = HashMap::new();
        for id in self.ids() {
            self.followers(id).iter().for_each(|follower| earlier.entry(*follower).or_default().push(id));
        }
        self.ids().filter_map(move |id| {
            let after = earlier.remove(&id).unwrap_or_default();
            let hook = |id| self.hook(id).map(|hook| &**hook);
            Some((hook(id)?, after.into_iter().filter_map(hook).collect()))
        })
    }

    /// The linked hooks that will not run, because [`Settings::disable_hook`](crate::Settings::disable_hook) or
    /// `ON_SHUTDOWN_HOOKS` says so.
    pub fn disabled(&self) -> impl Iterator<Item = &Hook> {
        self.disabled.iter().map(|disabled| &*disabled.hook)
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

    /// How long the shutdown takes when every hook takes as long as it may.
    #[must_use]
    pub fn worst_case(&self) -> Duration {
        let announce = |(turn, _): &(Turn, &Group)| turn.0 == Phase::Announce;
        let announced: Duration = self.groups().take_while(announce).map(|(_, group)| group.declared).sum();
        let Declared { before_flush, flush } = self.declared;
        // The announce hooks run while the delay passes.
        before_flush.time + flush.time + self.drain_delay.saturating_sub(announced)
    }

    /// Whether every hook can have its whole timeout, whatever the others take.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.worst_case() <= self.budget.usable()
    }
}

/// Phase, priority (high first), then where the hook stands in the source: never the linker's order.
fn order(hook: &Hook) -> impl Ord {
    (turn(hook), hook.module, hook.line, &hook.name, hook.file)
}
