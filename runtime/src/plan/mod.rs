//! Computes the order, the groups and the dependencies of hooks, and how much time each hook gets. Pure.

use std::time::Duration;

use crate::hook::{HookRecord, HookRef, Phase};
use crate::plan::allotment::{Allotment, RequestedTime, TimeRequest};
use crate::plan::budget::Budget;
use crate::plan::drain_delay::DrainDelay;
pub use crate::plan::hook::Hook;
use crate::plan::order::{GroupKey, PlanError, group_key};
use crate::plan::overrides::DisabledHook;
use crate::sorted_map::SortedMap;

pub(crate) mod allotment;
pub(crate) mod budget;
mod display;
pub(crate) mod drain_delay;
mod hook;
pub(crate) mod kept_time;
pub(crate) mod order;
pub(crate) mod overrides;
#[cfg(test)]
mod parse_tests;
pub(crate) mod platform;
mod required_time;
pub(crate) mod shortfall;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod time_tests;
pub(crate) mod timing;

/// The index of a hook in the plan's table.
pub(crate) type Id = usize;

/// The hooks that a shutdown runs, their order, and the time that they have.
///
/// A plan is a value: making it, printing it or testing it runs no hook. `Display` prints one line for each hook, as
/// `ON_SHUTDOWN=plan` does.
///
/// # Examples
/// ```standalone_crate
/// use std::time::Duration;
/// use on_shutdown::{Settings, on_shutdown};
///
/// #[on_shutdown(phase = close, after = [flush_orders], timeout = "1s")]
/// fn close_pool() {}
///
/// #[on_shutdown(phase = flush, timeout = "2s")]
/// fn flush_orders() {}
///
/// # fn main() -> Result<(), on_shutdown::InstallError> {
/// let plan = Settings::new().grace_period(Duration::from_secs(10)).plan()?;
/// let names: Vec<&str> = plan.hooks().map(|hook| hook.name()).collect();
/// assert_eq!(names, ["flush_orders", "close_pool"]);
/// assert_eq!(plan.worst_case(), Duration::from_secs(3));
/// assert!(plan.fits());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    entries: Vec<Option<PlanEntry>>,
    /// Indexes of removed hooks, to be used again.
    free: Vec<Id>,
    groups: SortedMap<GroupKey, Group>,
    /// The hooks that were registered at run time, by their identity.
    registered: SortedMap<usize, Id>,
    requested: RequestedTime,
    disabled: Vec<DisabledHook>,
    budget: Budget,
    drain_delay: DrainDelay,
    min_drain_time: Duration,
    max_drain_time: Option<Duration>,
}

#[derive(Clone, Debug)]
struct PlanEntry {
    hook: Hook,
    /// The longest time from the start of the group to the end of this hook, if every hook takes its whole timeout.
    critical_path: Allotment,
    /// The number of hooks that this hook is `after`.
    waits: usize,
    /// The hooks that are `after` this hook.
    followers: Vec<Id>,
}

/// The hooks of one phase and one priority. They run concurrently, except that a hook waits for the hooks that it is
/// `after`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) members: Vec<Id>,
    /// The longest time of the group if every hook takes its whole timeout: its longest critical path.
    pub(crate) declared: Allotment,
}

impl Plan {
    /// Creates a plan from these hooks, in any order.
    ///
    /// # Errors
    /// Returns an error if hooks wait for each other, or if an `after` contradicts phases or priorities.
    pub(crate) fn new(mut hooks: Vec<HookRef>, budget: Budget, drain_delay: DrainDelay) -> Result<Self, PlanError> {
        // Unstable, because it compiles to less: hooks with equal keys cannot be told apart.
        hooks.sort_unstable_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        let edges = order::edges(&hooks)?;
        let paths = order::critical_paths(&hooks, &edges, budget.usable())?;
        let mut plan = Self {
            entries: Vec::with_capacity(hooks.len()),
            free: Vec::new(),
            groups: SortedMap::default(),
            registered: SortedMap::default(),
            requested: RequestedTime::default(),
            disabled: Vec::new(),
            budget,
            drain_delay,
            min_drain_time: Duration::ZERO,
            max_drain_time: None,
        };
        for (hook, critical_path) in hooks.into_iter().zip(paths) {
            plan.insert(PlanEntry { hook: Hook(hook), critical_path, waits: 0, followers: Vec::new() });
        }
        edges.into_iter().for_each(|(hook, earlier)| plan.connect(hook, earlier));
        Ok(plan)
    }

    /// Sets the list of hooks that settings have disabled.
    pub(crate) fn with_disabled(mut self, disabled: Vec<DisabledHook>) -> Self {
        self.disabled = disabled;
        self
    }

    /// Sets the minimum time of the drain phase. See [`Plan::min_drain_time`].
    pub(crate) fn with_min_drain_time(mut self, time: Duration) -> Self {
        self.min_drain_time = time;
        self
    }

    /// Sets the maximum time of the drain phase. See [`Plan::max_drain_time`].
    pub(crate) fn with_max_drain_time(mut self, time: Option<Duration>) -> Self {
        self.max_drain_time = time;
        self
    }

    /// Adds a hook that was registered at run time. The hook is the last of its group.
    pub(crate) fn add(&mut self, hook: HookRef, after: &[HookRef]) -> Id {
        let earlier: Vec<Id> = after.iter().filter_map(|earlier| self.find(earlier)).collect();
        // A hook of an earlier group has ended before this group starts, so it does not count.
        let is_same_group = |id: &&Id| self.hook(**id).is_some_and(|earlier| group_key(earlier) == group_key(&hook));
        let paths = earlier.iter().filter(is_same_group).filter_map(|id| self.entry(*id)).map(|it| it.critical_path);
        let longest = paths.fold(Allotment::default(), Allotment::or_longer);
        let critical_path = longest.followed_by(Allotment::of(&hook, self.budget.usable()));
        let identity = hook.identity();
        let id = self.insert(PlanEntry { hook: Hook(hook), critical_path, waits: 0, followers: Vec::new() });
        self.registered.insert(identity, id);
        earlier.into_iter().for_each(|earlier| self.connect(id, earlier));
        id
    }

    /// Removes a hook that was registered at run time.
    pub(crate) fn remove(&mut self, id: Id) {
        let Some(entry) = self.entries.get_mut(id).and_then(Option::take) else { return };
        self.registered.remove(&entry.hook.0.identity());
        // The earlier hooks are not stored, so look at all hooks. Removal is rare.
        for other in self.entries.iter_mut().flatten() {
            other.followers.retain(|follower| *follower != id);
        }
        for follower in entry.followers {
            if let Some(Some(follower)) = self.entries.get_mut(follower) {
                follower.waits = follower.waits.saturating_sub(1);
            }
        }
        let key = group_key(&entry.hook.0);
        let Some(group) = self.groups.get_mut(&key) else {
            debug_assert!(false, "the hook {id} was in no group");
            return;
        };
        group.members.retain(|member| *member != id);
        let members = group.members.iter().filter_map(|id| self.entries.get(*id)?.as_ref());
        let longest = members.map(|member| member.critical_path).fold(Allotment::default(), Allotment::or_longer);
        let before = std::mem::replace(&mut group.declared, longest);
        let is_empty = group.members.is_empty();
        self.redeclare(key.0, before, longest);
        if is_empty {
            self.groups.remove(&key);
        }
        self.free.push(id);
    }

    fn insert(&mut self, entry: PlanEntry) -> Id {
        let key = group_key(&entry.hook.0);
        // Reuse indexes: a program may register and remove hooks for months.
        let id = self.free.pop().unwrap_or(self.entries.len());
        let mut declared = (Allotment::default(), Allotment::default());
        self.groups.change(key, Group::default(), |group| {
            declared = (group.declared, group.declared.or_longer(entry.critical_path));
            group.declared = declared.1;
            group.members.push(id);
        });
        self.redeclare(key.0, declared.0, declared.1);
        match self.entries.get_mut(id) {
            Some(free) => *free = Some(entry),
            None => self.entries.push(Some(entry)),
        }
        id
    }

    /// Changes the time that one group requests, in the sum of all groups.
    fn redeclare(&mut self, phase: Phase, before: Allotment, after: Allotment) {
        let usable = self.budget.usable();
        let part = self.requested.get_mut(phase);
        part.subtract(TimeRequest::new(before, usable));
        part.add(TimeRequest::new(after, usable));
    }

    /// Makes a hook wait for an earlier hook. Both must be in the plan.
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
            // A linear search is enough: only the `after` of a registered hook asks for linked hooks.
            HookRef::Linked(_) | HookRef::Overridden(_) => {
                let is_same = |entry: &PlanEntry| entry.hook.0.identity() == hook.identity();
                self.entries.iter().position(|entry| entry.as_ref().is_some_and(is_same))
            }
        }
    }

    fn entry(&self, id: Id) -> Option<&PlanEntry> {
        self.entries.get(id)?.as_ref()
    }

    pub(crate) fn hook(&self, id: Id) -> Option<&HookRef> {
        self.entry(id).map(|entry| &entry.hook.0)
    }

    /// Returns the longest time from the start of the hook's group to the end of the hook.
    fn path_to(&self, id: Id) -> Allotment {
        self.entry(id).map_or(Allotment::default(), |entry| entry.critical_path)
    }

    /// Returns the number of hooks that must have ended before this hook starts.
    pub(crate) fn waits(&self, id: Id) -> usize {
        self.entry(id).map_or(0, |entry| entry.waits)
    }

    /// Returns the hooks that are `after` this hook.
    pub(crate) fn followers(&self, id: Id) -> &[Id] {
        self.entry(id).map_or(&[], |entry| &entry.followers)
    }

    /// Returns the highest [`Id`] plus one.
    pub(crate) fn size(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn group(&self, key: GroupKey) -> Option<&Group> {
        self.groups.get(&key)
    }

    /// Returns the first group after this key, or the first group of all.
    pub(crate) fn next_group(&self, after: Option<GroupKey>) -> Option<(GroupKey, &Group)> {
        // Searched for by the key: hooks may be registered between two groups.
        let next = match after {
            Some(key) => self.groups.first_after(&key),
            None => self.groups.iter().next(),
        };
        next.map(|(key, group)| (*key, group))
    }

    pub(crate) fn groups(&self) -> impl Iterator<Item = (GroupKey, &Group)> {
        self.groups.iter().map(|(key, group)| (*key, group))
    }

    /// Returns the index of every hook, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> {
        self.groups.iter().flat_map(|(_, group)| group.members.iter().copied())
    }

    /// Returns the hooks, in the order in which they run.
    pub fn hooks(&self) -> impl Iterator<Item = &Hook> {
        self.ids().filter_map(|id| self.entry(id)).map(|entry| &entry.hook)
    }

    /// Returns the hooks in order, each with the hooks that it is `after`.
    #[cfg(feature = "json")]
    pub(crate) fn with_after(&self) -> impl Iterator<Item = (&HookRecord, Vec<&HookRecord>)> {
        let mut earlier: SortedMap<Id, Vec<Id>> = SortedMap::default();
        for id in self.ids() {
            self.followers(id).iter().for_each(|follower| earlier.change(*follower, Vec::new(), |all| all.push(id)));
        }
        self.ids().filter_map(move |id| {
            let after = earlier.remove(&id).unwrap_or_default();
            let hook = |id| self.hook(id).map(|hook| &**hook);
            Some((hook(id)?, after.into_iter().filter_map(hook).collect()))
        })
    }

    /// Returns the linked hooks that do not run, because [`Settings::disable_hook`](crate::Settings::disable_hook) or
    /// the variable `ON_SHUTDOWN_HOOKS` disables them.
    pub fn disabled(&self) -> impl Iterator<Item = &Hook> {
        self.disabled.iter().map(|disabled| &disabled.hook)
    }
}

/// Returns the sort key: phase, priority (high first), then the location in the source. The order of the linker, which
/// differs between builds, has no effect.
fn sort_key(hook: &HookRecord) -> impl Ord {
    (group_key(hook), hook.module, hook.line, &hook.name, hook.file)
}
