//! Station 3: the hooks in, their order, groups and dependencies out; pure, and printed by `Display`.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::time::Duration;

use crate::hook::{Hook, HookRef, Phase};
use crate::plan::allotment::{Allotment, Declared, Demand};
use crate::plan::budget::Budget;
use crate::plan::order::{GroupKey, PlanError, group_key};
use crate::plan::overrides::Disabled;

pub(crate) mod allotment;
pub(crate) mod budget;
mod display;
pub(crate) mod order;
pub(crate) mod overrides;
pub(crate) mod platform;
pub(crate) mod shortfall;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod time_tests;
pub(crate) mod timing;

/// A hook's place in the plan's table.
pub(crate) type Id = usize;

/// Everything that a shutdown would do: a value to look at, to print, to test.
#[derive(Clone, Debug)]
pub struct Plan {
    entries: Vec<Option<Entry>>,
    /// Places that hooks made at run time have left.
    free: Vec<Id>,
    groups: BTreeMap<GroupKey, Group>,
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
    chain: Allotment,
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
    pub(crate) declared: Allotment,
}

impl Plan {
    pub(crate) fn new(mut hooks: Vec<HookRef>, budget: Budget, drain_delay: Duration) -> Result<Self, PlanError> {
        hooks.sort_by(|a, b| order(a).cmp(&order(b)));
        let edges = order::edges(&hooks)?;
        let chains = order::chains(&hooks, &edges, budget.usable())?;
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
        let same_group = |id: &&Id| self.hook(**id).is_some_and(|earlier| group_key(earlier) == group_key(&hook));
        let waited = earlier.iter().filter(same_group).filter_map(|id| self.entry(*id)).map(|entry| entry.chain);
        let waited = waited.fold(Allotment::default(), Allotment::or_longer);
        let chain = waited.then(Allotment::of(&hook, self.budget.usable()));
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
        let key = group_key(&entry.hook);
        let Some(group) = self.groups.get_mut(&key) else {
            debug_assert!(false, "the hook {id} was in no group");
            return;
        };
        group.members.retain(|member| *member != id);
        let chains = group.members.iter().filter_map(|id| self.entries.get(*id)?.as_ref()).map(|entry| entry.chain);
        let (before, after) = (group.declared, chains.fold(Allotment::default(), Allotment::or_longer));
        group.declared = after;
        let is_empty = group.members.is_empty();
        self.redeclare(key.0, before, after);
        if is_empty {
            self.groups.remove(&key);
        }
        self.free.push(id);
    }

    fn insert(&mut self, entry: Entry) -> Id {
        let key = group_key(&entry.hook);
        let id = self.free.pop().unwrap_or(self.entries.len());
        let group = self.groups.entry(key).or_default();
        let (before, after) = (group.declared, group.declared.or_longer(entry.chain));
        group.declared = after;
        group.members.push(id);
        self.redeclare(key.0, before, after);
        match self.entries.get_mut(id) {
            Some(place) => *place = Some(entry),
            None => self.entries.push(Some(entry)),
        }
        id
    }

    fn redeclare(&mut self, phase: Phase, before: Allotment, after: Allotment) {
        let usable = self.budget.usable();
        let part = self.declared.of(phase);
        part.take(Demand::new(before, usable));
        part.add(Demand::new(after, usable));
    }

    /// Makes a hook wait for an earlier one; both are in the plan.
    fn connect(&mut self, hook: Id, earlier: Id) {
        debug_assert!(self.entry(hook).is_some() && self.entry(earlier).is_some(), "no hooks {hook} and {earlier}");
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
            HookRef::Linked(_) | HookRef::OverriddenHook(_) => {
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

    pub(crate) fn group(&self, key: GroupKey) -> Option<&Group> {
        self.groups.get(&key)
    }

    /// The first group whose key is later.
    pub(crate) fn next_group(&self, after: Option<GroupKey>) -> Option<(GroupKey, &Group)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.groups.range((from, Bound::Unbounded)).next().map(|(key, group)| (*key, group))
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = (GroupKey, &Group)> {
        self.groups.iter().map(|(key, group)| (*key, group))
    }

    /// Returns the time that all groups ask for. What `flush` needs beyond the slice that is kept for it counts before
    /// `flush`, too, so that hooks without a timeout leave it.
    pub(crate) fn declared(&self) -> Declared {
        let beyond = self.declared.flush.least.saturating_sub(self.budget.flush_slice());
        let mut declared = self.declared;
        declared.before_flush.time = declared.before_flush.time.saturating_add(beyond);
        declared.before_flush.least = declared.before_flush.least.saturating_add(beyond);
        // Without it, `flush` and what follows would get nothing but the slice where written timeouts do not fit.
        let weight = self.declared.flush.weight.saturating_sub(self.budget.flush_slice());
        declared.before_flush.weight = declared.before_flush.weight.saturating_add(weight);
        declared
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

    /// Returns the time from the trigger on that this plan needs so that no hook is cut short: every written timeout,
    /// the [least share](Self::least_share) for each hook without one, and the drain delay.
    ///
    /// Hooks that run concurrently count once, with the longest of them. Hooks of `deregister` run during the drain delay.
    /// Hooks in `flush` count for at least the time that is kept for them.
    #[must_use]
    pub fn worst_case(&self) -> Duration {
        let is_deregister = |(key, _): &(GroupKey, &Group)| key.0 == Phase::Deregister;
        let deregistered = self.groups().take_while(is_deregister).map(|(_, group)| group.declared.least);
        let deregistered = deregistered.fold(Duration::ZERO, Duration::saturating_add);
        let before_flush =
            self.declared.before_flush.least.saturating_add(self.drain_delay.saturating_sub(deregistered));
        before_flush.saturating_add(self.declared.flush.least).saturating_add(self.kept_beyond_need())
    }

    /// Returns how much more time is kept for `flush` than its hooks need.
    pub(crate) fn kept_beyond_need(&self) -> Duration {
        let need = self.declared.flush.least;
        if need.is_zero() { need } else { self.budget.flush_slice().saturating_sub(need) }
    }

    /// Returns the time that a hook without a written timeout gets at least: 1 s, or a tenth of the usable time if that
    /// is less. It may take up to [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT) if the other hooks leave it.
    #[must_use]
    pub fn least_share(&self) -> Duration {
        self.budget.least_share()
    }

    /// Returns whether no hook is cut short, even if every hook takes as long as it may: each gets its written timeout,
    /// or at least the [least share](Self::least_share) if it has none.
    ///
    /// The drain delay counts, and so does the time that is kept for `flush`. Work in flight does not.
    #[must_use]
    pub fn fits(&self) -> bool {
        timing::cuts(self).is_empty()
    }
}

/// Phase, priority (high first), then where the hook stands in the source: never the linker's order.
fn order(hook: &Hook) -> impl Ord {
    (group_key(hook), hook.module, hook.line, &hook.name, hook.file)
}
