//! Station 2: the hooks that are linked in, and the values that hooks are given; names `inventory` alone.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::hook::{Hook, Values};

/// One linked hook, as the attribute submits it.
pub struct Link(pub &'static Hook);

inventory::collect!(Link);

/// Every hook of every linked crate, in the linker's order, which means nothing.
pub(crate) fn linked() -> Vec<&'static Hook> {
    inventory::iter::<Link>.into_iter().map(|link| link.0).collect()
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
