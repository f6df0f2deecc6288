//! Keeps the linked hooks, the hooks made at run time, and the values for hooks. The only file that names `inventory`.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::mem;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hook::{Hook, HookRef, Phase, Values};

/// A linked hook, as the attribute submits it.
pub struct LinkedHook(pub &'static Hook);

inventory::collect!(LinkedHook);

/// Returns every hook of every linked crate. The linker decides the order, so the order means nothing.
pub(crate) fn linked() -> Vec<HookRef> {
    inventory::iter::<LinkedHook>.into_iter().map(|link| HookRef::Linked(link.0)).collect()
}

/// Takes the hooks made at run time once a shutdown is installed.
pub(crate) trait HookSink: Send + Sync {
    /// Adds the hook to the plan. Runs the hook if its turn is now.
    fn add(&self, hook: HookRef, after: &[HookRef]) -> Result<(), TooLateError>;
    /// Removes the hook from the plan, unless the hook has started.
    fn remove(&self, hook: &HookRef);
}

/// The hook's phase is over, so the hook will not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLateError {
    /// The hook's name.
    pub name: String,
    /// Its phase.
    pub phase: Phase,
}

impl fmt::Display for TooLateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, phase } = self;
        write!(
            f,
            "`{name}` comes too late: the shutdown is past the phase `{phase}`; do its work now, or in a later phase"
        )
    }
}

impl std::error::Error for TooLateError {}

/// The hooks made at run time. Keeps them until a shutdown is installed that can run them.
///
/// A hook owns the user's closure, and the closure may own anything, also another
/// [`Registration`](crate::Registration) whose `Drop` comes back here. So no hook is dropped under this lock.
pub(crate) struct Registered {
    state: Mutex<RegisteredState>,
}

enum RegisteredState {
    /// No shutdown is installed. Each hook comes with the hooks that it runs after.
    Pending(Vec<(HookRef, Vec<HookRef>)>),
    Installed(Arc<dyn HookSink>),
}

impl Registered {
    const fn new() -> Self {
        Self { state: Mutex::new(RegisteredState::Pending(Vec::new())) }
    }

    /// Returns the hooks of this program.
    pub(crate) fn global() -> &'static Self {
        static GLOBAL: Registered = Registered::new();
        &GLOBAL
    }

    fn lock(&self) -> MutexGuard<'_, RegisteredState> {
        // A panic under the lock is impossible but for a failed allocation, which leaves the state as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a hook to the installed shutdown, or keeps the hook for the shutdown to come.
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

    /// Removes a hook, unless it has started.
    pub(crate) fn remove(&self, hook: &HookRef) {
        let (removed, shutdown) = match &mut *self.lock() {
            RegisteredState::Pending(hooks) => {
                let position = hooks.iter().position(|(pending, _)| pending.identity() == hook.identity());
                (position.map(|position| hooks.remove(position)), None)
            }
            RegisteredState::Installed(shutdown) => (None, Some(Arc::clone(shutdown))),
        };
        // The lock is free here: this may be the last owner of the user's closure.
        drop(removed);
        if let Some(shutdown) = shutdown {
            shutdown.remove(hook);
        }
    }

    /// Hands the pending hooks to a shutdown. Later hooks go straight to it.
    pub(crate) fn install(&self, shutdown: Arc<dyn HookSink>) {
        let mut state = self.lock();
        if let RegisteredState::Pending(hooks) = &*state {
            // Under the lock: a hook that is neither pending nor with the shutdown could not be removed.
            for (hook, after) in hooks {
                // Before its trigger no shutdown is past any phase.
                let _ = shutdown.add(hook.clone(), after);
            }
        }
        let before = mem::replace(&mut *state, RegisteredState::Installed(shutdown));
        drop(state);
        // After the lock: a hook that was removed lives on in the list of a hook that runs after it.
        drop(before);
    }
}

/// The values given with [`provide`](crate::provide), one for each type.
///
/// A value's `Drop` and `Clone` are the user's code: neither runs under the lock.
#[derive(Default)]
pub(crate) struct Provided {
    values: Mutex<HashMap<TypeId, ProvidedValue>>,
}

struct ProvidedValue {
    value: Arc<dyn Any + Send + Sync>,
    location: &'static Location<'static>,
}

/// A value of this type was provided before; the earlier one stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyProvidedError {
    type_name: &'static str,
    place: &'static Location<'static>,
}

impl fmt::Display for AlreadyProvidedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_name, place } = self;
        write!(
            f,
            "a `{type_name}` was already provided at {place}; \
             wrap one of the two in a type of its own, or call `replace_provided` to replace it"
        )
    }
}

impl std::error::Error for AlreadyProvidedError {}

impl Provided {
    pub(crate) fn global() -> &'static Arc<Self> {
        static GLOBAL: std::sync::LazyLock<Arc<Provided>> = std::sync::LazyLock::new(Arc::default);
        &GLOBAL
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TypeId, ProvidedValue>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a value, unless there is one of its type.
    pub(crate) fn add<T: Any + Send + Sync>(
        &self,
        value: T,
        location: &'static Location<'static>,
    ) -> Result<(), AlreadyProvidedError> {
        let mut value = Some(ProvidedValue { value: Arc::new(value), location });
        let earlier = match self.lock().entry(TypeId::of::<T>()) {
            Entry::Occupied(earlier) => Some(earlier.get().location),
            Entry::Vacant(free) => {
                value.take().map(|value| free.insert(value));
                None
            }
        };
        // The lock is free here: a refused value runs the user's `Drop`.
        drop(value);
        earlier.map_or(Ok(()), |place| Err(AlreadyProvidedError { type_name: type_name::<T>(), place }))
    }

    /// Adds a value, or replaces the value of its type.
    pub(crate) fn replace<T: Any + Send + Sync>(&self, value: T, location: &'static Location<'static>) {
        let value = ProvidedValue { value: Arc::new(value), location };
        let earlier = self.lock().insert(TypeId::of::<T>(), value);
        // The lock is free here: the earlier value runs the user's `Drop`.
        drop(earlier);
    }
}

impl Values for Provided {
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn Any)) {
        let value = self.lock().get(&wanted).map(|provided| Arc::clone(&provided.value));
        // The lock is free here: `found` runs the user's `Clone`.
        if let Some(value) = value {
            found(&*value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::HookSettings;
    use crate::hook::{Body, DEFAULT_TIMEOUT, Once};

    /// A deadlock fails after this time; the work itself takes microseconds.
    const LIMIT: Duration = Duration::from_secs(20);

    /// Runs `work` on a thread of its own. Fails if `work` does not end.
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
        let body = Body::SyncOnce(Once::new(move |_| {
            drop(owned);
            Ok(())
        }));
        let (module, package, version, file) = ("", "", "", file!());
        let (name, phase, priority, timeout) = ("owner".into(), Phase::Stop, 0, DEFAULT_TIMEOUT);
        let hook = Hook {
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

        fn remove(&self, _: &HookRef) {}
    }

    #[test]
    fn install_drops_a_removed_hook_after_its_lock() {
        assert_ends(|| {
            static REGISTERED: Registered = Registered::new();
            let inner = hook_that_owns(());
            REGISTERED.add(inner.clone(), Vec::new()).unwrap();
            let removed = hook_that_owns(OnDrop(move || REGISTERED.remove(&inner)));
            REGISTERED.add(removed.clone(), Vec::new()).unwrap();
            REGISTERED.add(hook_that_owns(()), vec![removed.clone()]).unwrap();
            REGISTERED.remove(&removed);
            // Now only the list of the third hook owns it.
            drop(removed);
            REGISTERED.install(Arc::new(AcceptAll));
        });
    }

    #[test]
    fn a_removed_hook_that_owns_another_registration_does_not_deadlock() {
        assert_ends(|| {
            let inner = crate::register_sync("inner", HookSettings::new(), |_| ()).unwrap();
            let owner = crate::register_sync("owner", HookSettings::new(), move |_| drop(inner)).unwrap();
            let last = crate::register_sync("last", HookSettings::new().after(&owner), |_| ()).unwrap();
            drop(owner);
            // The pending entry of `last` is now the only owner of the closure of `owner`, and so of `inner`.
            drop(last);
        });
    }

    #[test]
    fn a_value_that_provides_another_value_when_it_is_dropped_does_not_deadlock() {
        assert_ends(|| {
            static PROVIDED: std::sync::LazyLock<Provided> = std::sync::LazyLock::new(Provided::default);
            let here = Location::caller();
            let value = || OnDrop(move || PROVIDED.replace(1_u8, here));
            let add = |value| PROVIDED.add(value, here).map_err(|error| error.place);
            // One closure type, so that all three values have one type.
            assert_eq!(add(value()), Ok(()));
            assert_eq!(add(value()), Err(here));
            PROVIDED.replace(value(), here);
        });
    }
}
