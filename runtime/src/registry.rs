//! Station 2: the hooks that are linked in, the hooks made at run time, and the values that hooks are given; the only
//! file that names `inventory`.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hook::{Hook, HookRef, Phase, Values};

/// One linked hook, as the attribute submits it.
pub struct Link(pub &'static Hook);

inventory::collect!(Link);

/// Every hook of every linked crate, in the linker's order, which means nothing.
pub(crate) fn linked() -> Vec<HookRef> {
    inventory::iter::<Link>.into_iter().map(|link| HookRef::Linked(link.0)).collect()
}

/// Where hooks made at run time go once a shutdown is installed.
pub(crate) trait Enrol: Send + Sync {
    /// Gives the hook its place, or runs it if its turn is now.
    fn enrol(&self, hook: HookRef, after: &[HookRef]) -> Result<(), TooLate>;
    /// Takes it out again, unless it has started.
    fn withdraw(&self, hook: &HookRef);
}

/// The hook's phase is over: it will not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLate {
    /// The hook's name.
    pub name: String,
    /// Its phase.
    pub phase: Phase,
}

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, phase } = self;
        write!(
            f,
            "`{name}` comes too late: the shutdown is past the phase `{phase}`; do its work now, or in a later phase"
        )
    }
}

impl std::error::Error for TooLate {}

/// The hooks made at run time, also before there is a shutdown that could run them.
pub(crate) enum Registered {
    Pending(Vec<(HookRef, Vec<HookRef>)>),
    Installed(Arc<dyn Enrol>),
}

impl Registered {
    fn global() -> MutexGuard<'static, Self> {
        static GLOBAL: Mutex<Registered> = Mutex::new(Registered::Pending(Vec::new()));
        GLOBAL.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(hook: HookRef, after: Vec<HookRef>) -> Result<(), TooLate> {
        let mut registered = Self::global();
        match &mut *registered {
            Self::Pending(hooks) => {
                hooks.push((hook, after));
                Ok(())
            }
            Self::Installed(shutdown) => {
                let shutdown = Arc::clone(shutdown);
                drop(registered);
                shutdown.enrol(hook, &after)
            }
        }
    }

    pub(crate) fn remove(hook: &HookRef) {
        let mut registered = Self::global();
        match &mut *registered {
            Self::Pending(hooks) => hooks.retain(|(pending, _)| pending.identity() != hook.identity()),
            Self::Installed(shutdown) => {
                let shutdown = Arc::clone(shutdown);
                drop(registered);
                shutdown.withdraw(hook);
            }
        }
    }

    /// From here on hooks go straight to this shutdown; those that have waited go first.
    pub(crate) fn install(shutdown: Arc<dyn Enrol>) {
        let mut registered = Self::global();
        if let Self::Pending(hooks) = &mut *registered {
            for (hook, after) in hooks.drain(..) {
                // Before its trigger no shutdown is past any phase.
                let _ = shutdown.enrol(hook, &after);
            }
        }
        *registered = Self::Installed(shutdown);
    }
}

/// The values given with [`provide`](crate::provide), one for each type.
#[derive(Default)]
pub(crate) struct Provided {
    values: Mutex<HashMap<TypeId, Entry>>,
}

struct Entry {
    value: Arc<dyn Any + Send + Sync>,
    place: &'static Location<'static>,
}

/// A value of this type was provided before; the earlier one stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlreadyProvided {
    type_name: &'static str,
    place: &'static Location<'static>,
}

impl fmt::Display for AlreadyProvided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { type_name, place } = self;
        write!(
            f,
            "a `{type_name}` was already provided at {place}; \
             wrap one of the two in a type of its own, or call `provide_instead` to replace it"
        )
    }
}

impl std::error::Error for AlreadyProvided {}

impl Provided {
    pub(crate) fn global() -> &'static Arc<Self> {
        static GLOBAL: std::sync::LazyLock<Arc<Provided>> = std::sync::LazyLock::new(Arc::default);
        &GLOBAL
    }

    fn values(&self) -> MutexGuard<'_, HashMap<TypeId, Entry>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add<T: Any + Send + Sync>(
        &self,
        value: T,
        place: &'static Location<'static>,
    ) -> Result<(), AlreadyProvided> {
        let mut values = self.values();
        if let Some(earlier) = values.get(&TypeId::of::<T>()) {
            return Err(AlreadyProvided { type_name: type_name::<T>(), place: earlier.place });
        }
        values.insert(TypeId::of::<T>(), Entry { value: Arc::new(value), place });
        Ok(())
    }

    pub(crate) fn replace<T: Any + Send + Sync>(&self, value: T, place: &'static Location<'static>) {
        let entry = Entry { value: Arc::new(value), place };
        let earlier = self.values().insert(TypeId::of::<T>(), entry);
        // The earlier value's `Drop` is the user's code: it must not run under the lock.
        drop(earlier);
    }
}

impl Values for Provided {
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn Any)) {
        let value = self.values().get(&wanted).map(|entry| Arc::clone(&entry.value));
        if let Some(value) = value {
            found(&*value);
        }
    }
}
