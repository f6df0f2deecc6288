//! Keeps the linked hooks, the hooks that were registered at run time, and the provided values.
//!
//! No other file uses `inventory`.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::mem;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hook::type_names::similarity;
use crate::hook::{HookRecord, HookRef, Phase, ProvidedType, Values};
use crate::sorted_map::SortedMap;

/// The entry that the attribute submits to `inventory` for each hook.
pub struct LinkedHook(pub &'static HookRecord);

inventory::collect!(LinkedHook);

/// Returns every hook of every linked crate, in the order of the linker, which differs between builds.
///
/// `inventory` fills the list before `main`, by a function pointer in the section that the system calls at the start of a
/// program: `.init_array` on Linux and BSD, `__mod_init_func` on macOS, `.CRT$XCU` on Windows. Linkers of wasm call such
/// functions only in some kinds of modules. Nothing here depends on the difference.
pub(crate) fn linked() -> Vec<HookRef> {
    inventory::iter::<LinkedHook>.into_iter().map(|linked| HookRef::Linked(linked.0)).collect()
}

/// Receives the hooks that are registered after a shutdown was installed.
pub(crate) trait HookSink: Send + Sync {
    /// Adds the hook to the plan. Starts the hook if its group is running now.
    fn add(&self, hook: HookRef, after: &[HookRef]) -> Result<(), TooLateError>;
    /// Removes a hook that has not started. Returns whether the hook will not run because of this call.
    fn remove(&self, hook: &HookRef, by: RemovedBy) -> bool;
}

/// Says who removes a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RemovedBy {
    /// The program called [`unregister`](crate::Registration::unregister). The hook leaves the plan.
    Program,
    /// A [`HookGuard`](crate::HookGuard) was dropped. From the trigger on, the hook stays in the plan and the report: the
    /// author may not have expected the drop.
    Guard,
}

/// The error for a hook whose phase was over when it was registered. The hook does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TooLateError {
    /// The name of the hook.
    pub name: String,
    /// The phase of the hook.
    pub phase: Phase,
}

impl fmt::Display for TooLateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, phase } = self;
        write!(
            f,
            "hook `{name}` was registered too late: the phase `{phase}` is over; \
             do its work now, or register it for a later phase"
        )
    }
}

impl std::error::Error for TooLateError {}

/// The hooks that were registered at run time. Keeps them until a shutdown is installed, then passes them to it.
///
/// A hook owns the user's closure. The closure may own a [`HookGuard`](crate::HookGuard) of another hook, whose `Drop`
/// calls [`Registered::remove`]. So no hook is dropped under this lock.
pub(crate) struct Registered {
    state: Mutex<RegisteredState>,
}

enum RegisteredState {
    /// No shutdown is installed. Each entry is a hook, and the hooks that it runs after.
    Pending(Vec<(HookRef, Vec<HookRef>)>),
    /// A shutdown is installed and receives all hooks.
    Installed(Arc<dyn HookSink>),
}

impl Registered {
    const fn new() -> Self {
        Self { state: Mutex::new(RegisteredState::Pending(Vec::new())) }
    }

    /// Returns the registry of this program.
    pub(crate) fn global() -> &'static Self {
        static GLOBAL: Registered = Registered::new();
        &GLOBAL
    }

    fn lock(&self) -> MutexGuard<'_, RegisteredState> {
        // Only a failed allocation can panic under the lock, and it leaves the state as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a hook to the installed shutdown, or keeps the hook until a shutdown is installed.
    pub(crate) fn add(&self, hook: HookRef, after: Vec<HookRef>) -> Result<(), TooLateError> {
        let shutdown = match &mut *self.lock() {
            RegisteredState::Pending(hooks) => {
                hooks.push((hook, after));
                return Ok(());
            }
            RegisteredState::Installed(shutdown) => Arc::clone(shutdown),
        };
        shutdown.add(hook, &after)
    }

    /// Removes a hook that has not started. Returns whether the hook will not run because of this call.
    pub(crate) fn remove(&self, hook: &HookRef, by: RemovedBy) -> bool {
        let (removed, shutdown) = match &mut *self.lock() {
            RegisteredState::Pending(hooks) => {
                let position = hooks.iter().position(|(pending, _)| pending.identity() == hook.identity());
                (position.map(|position| hooks.remove(position)), None)
            }
            RegisteredState::Installed(shutdown) => (None, Some(Arc::clone(shutdown))),
        };
        match shutdown {
            // After this lock: the shutdown has a lock of its own, which orders this call and the trigger.
            Some(shutdown) => shutdown.remove(hook, by),
            // The hook is dropped after the lock: it may be the last owner of the user's closure.
            None => removed.is_some(),
        }
    }

    /// Passes the pending hooks to a shutdown. Later hooks go directly to this shutdown.
    pub(crate) fn install(&self, shutdown: Arc<dyn HookSink>) {
        let mut state = self.lock();
        if let RegisteredState::Pending(hooks) = &*state {
            // Under the lock: between the two lists, `remove` would not find the hook.
            for (hook, after) in hooks {
                // `add` cannot fail here: before the trigger no phase is over.
                let _ = shutdown.add(hook.clone(), after);
            }
        }
        let before = mem::replace(&mut *state, RegisteredState::Installed(shutdown));
        drop(state);
        // Drop the list after the lock: it may be the last owner of a removed hook, in the `after` of another hook.
        drop(before);
    }
}

/// The values that were given to [`provide`](crate::provide), one for each type.
///
/// The `Drop` and the `Clone` of a value are user code, so neither runs under the lock.
#[derive(Default)]
pub(crate) struct Provided {
    values: Mutex<SortedMap<TypeId, ProvidedValue>>,
}

struct ProvidedValue {
    value: Arc<dyn Any + Send + Sync>,
    provided: ProvidedType,
}

impl ProvidedValue {
    fn new<T: Any + Send + Sync>(value: T, location: &'static Location<'static>) -> Self {
        Self { value: Arc::new(value), provided: ProvidedType { name: type_name::<T>(), location } }
    }
}

/// The error for a second value of one type. The earlier value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyProvidedError {
    type_name: &'static str,
    location: &'static Location<'static>,
}

impl fmt::Display for AlreadyProvidedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_name, location } = self;
        write!(
            f,
            "a `{type_name}` was already provided at {location}; \
             wrap one of the two values in its own type, or call `replace_provided` to replace it"
        )
    }
}

impl std::error::Error for AlreadyProvidedError {}

impl Provided {
    /// Returns the values of this program.
    pub(crate) fn global() -> &'static Arc<Self> {
        static GLOBAL: std::sync::LazyLock<Arc<Provided>> = std::sync::LazyLock::new(Arc::default);
        &GLOBAL
    }

    fn lock(&self) -> MutexGuard<'_, SortedMap<TypeId, ProvidedValue>> {
        // No user code runs under the lock, so a poisoned lock is still consistent.
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a value. Returns an error if there is a value of the same type.
    pub(crate) fn add<T: Any + Send + Sync>(
        &self,
        value: T,
        location: &'static Location<'static>,
    ) -> Result<(), AlreadyProvidedError> {
        let mut value = Some(ProvidedValue::new(value, location));
        let mut values = self.lock();
        let earlier = values.get(&TypeId::of::<T>()).map(|earlier| earlier.provided.location);
        if earlier.is_none() {
            value.take().map(|value| values.insert(TypeId::of::<T>(), value));
        }
        drop(values);
        // Drop a refused value after the lock: its `Drop` is user code.
        drop(value);
        earlier.map_or(Ok(()), |location| Err(AlreadyProvidedError { type_name: type_name::<T>(), location }))
    }

    /// Adds a value. Replaces the value of the same type, if there is one.
    pub(crate) fn replace<T: Any + Send + Sync>(&self, value: T, location: &'static Location<'static>) {
        let value = ProvidedValue::new(value, location);
        // Dropped after the lock, at the end of the function: its `Drop` is user code.
        let _earlier = self.lock().insert(TypeId::of::<T>(), value);
    }
}

impl Values for Provided {
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn Any)) {
        let value = self.lock().get(&wanted).map(|provided| Arc::clone(&provided.value));
        // Call `found` after the lock: it runs the user's `Clone`.
        if let Some(value) = value {
            found(&*value);
        }
    }

    fn find_similar(&self, wanted: &str) -> Option<ProvidedType> {
        let all: Vec<ProvidedType> = self.lock().iter().map(|(_, value)| value.provided).collect();
        let similar = all.into_iter().filter_map(|provided| Some((similarity(wanted, provided.name)?, provided)));
        // The order of type ids differs between builds. By name and location, so that each run reports the same value.
        let closest = similar.min_by_key(|(similarity, provided)| (*similarity, provided.name, provided.location));
        closest.map(|(_, provided)| provided)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::HookSettings;
    use crate::hook::{Body, DEFAULT_TIMEOUT, OnceBody};

    /// The maximum time of a test before it counts as a deadlock; the work takes microseconds.
    const LIMIT: Duration = Duration::from_secs(20);

    /// Runs `work` on another thread. Fails if `work` does not end.
    #[track_caller]
    fn assert_ends(work: impl FnOnce() + Send + 'static) {
        let (send, ended) = channel();
        thread::spawn(move || {
            work();
            let _ = send.send(());
        });
        assert_eq!(ended.recv_timeout(LIMIT), Ok(()), "deadlock or panic");
    }

    /// Runs a closure when it is dropped.
    struct OnDrop<F: FnMut()>(F);

    impl<F: FnMut()> Drop for OnDrop<F> {
        fn drop(&mut self) {
            (self.0)();
        }
    }

    /// A hook whose closure owns `owned`.
    fn hook_that_owns(owned: impl Send + 'static) -> HookRef {
        let body = Body::SyncOnce(OnceBody::new(move |_| {
            drop(owned);
            Ok(())
        }));
        let (module, package, version, file) = ("", "", "", file!());
        let (name, phase, priority, timeout) = ("owner".into(), Phase::Stop, 0, DEFAULT_TIMEOUT);
        let hook = HookRecord {
            name,
            module,
            file,
            line: line!(),
            package,
            version,
            phase,
            priority,
            timeout,
            timeout_is_default: false,
            after: &[],
            body,
        };
        HookRef::Registered(Arc::new(hook))
    }

    struct AcceptAll;

    impl HookSink for AcceptAll {
        fn add(&self, _: HookRef, _: &[HookRef]) -> Result<(), TooLateError> {
            Ok(())
        }

        fn remove(&self, _: &HookRef, _: RemovedBy) -> bool {
            true
        }
    }

    #[test]
    fn install_drops_a_removed_hook_after_its_lock() {
        assert_ends(|| {
            static REGISTERED: Registered = Registered::new();
            let inner = hook_that_owns(());
            REGISTERED.add(inner.clone(), Vec::new()).unwrap();
            let removed = hook_that_owns(OnDrop(move || {
                REGISTERED.remove(&inner, RemovedBy::Guard);
            }));
            REGISTERED.add(removed.clone(), Vec::new()).unwrap();
            REGISTERED.add(hook_that_owns(()), vec![removed.clone()]).unwrap();
            assert!(REGISTERED.remove(&removed, RemovedBy::Program), "it was pending");
            assert!(!REGISTERED.remove(&removed, RemovedBy::Program), "it is gone");
            // Now only the `after` of the third hook owns this hook.
            drop(removed);
            REGISTERED.install(Arc::new(AcceptAll));
        });
    }

    #[test]
    fn a_removed_hook_that_owns_the_guard_of_another_hook_does_not_deadlock() {
        assert_ends(|| {
            let inner = crate::register_sync("inner", HookSettings::new(), |_| ()).unwrap().into_guard();
            let owner = crate::register_sync("owner", HookSettings::new(), move |_| drop(inner)).unwrap();
            let last = crate::register_sync("last", HookSettings::new().after(&owner), |_| ()).unwrap();
            assert!(owner.unregister());
            // The pending entry of `last` is now the only owner of the closure of `owner`, and so of `inner`.
            assert!(last.unregister());
        });
    }

    #[test]
    fn a_value_that_provides_another_value_when_it_is_dropped_does_not_deadlock() {
        assert_ends(|| {
            static PROVIDED: std::sync::LazyLock<Provided> = std::sync::LazyLock::new(Provided::default);
            let here = Location::caller();
            let value = || OnDrop(move || PROVIDED.replace(1_u8, here));
            let add = |value| PROVIDED.add(value, here).map_err(|error| error.location);
            // One closure type, so that all three values have one type.
            assert_eq!(add(value()), Ok(()));
            assert_eq!(add(value()), Err(here));
            PROVIDED.replace(value(), here);
        });
    }
}
