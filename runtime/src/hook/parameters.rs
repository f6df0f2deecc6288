//! Finds the values for a hook's parameters, by their types.

use std::any::{Any, TypeId};
use std::marker::PhantomData;

/// A source of values for the parameters of hooks.
pub(crate) trait Values {
    /// Calls `found` with the value of this type. Does not call `found` if there is no such value.
    // A callback, because the value lives only as long as the source holds it.
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn Any));
}

/// The argument of the function that the attribute generates for a hook.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    values: &'a dyn Values,
}

impl<'a> Call<'a> {
    pub(crate) fn new(values: &'a dyn Values) -> Self {
        Self { values }
    }

    /// Returns a clone of the value of this type, or `None` if no such value was provided.
    pub(crate) fn value<T: Clone + 'static>(&self) -> Option<T> {
        // The source calls `found` at most once, so one clone is made.
        let mut value = None;
        self.values.lend(TypeId::of::<T>(), &mut |found| value = found.downcast_ref::<T>().cloned());
        value
    }
}

/// The error for a parameter for which no value was provided: the name of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub &'static str);

/// A type that a hook's parameter may have: `provide` can keep it, and hooks get clones of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a shutdown hook",
    label = "a parameter is `Clone + Send + Sync + 'static`; wrap it in an `Arc` to share it"
)]
pub trait Parameter: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> Parameter for T {}

/// Looks up the value for a parameter of type `T`.
///
/// Method resolution selects [`LookupOption`] for an `Option` and [`LookupValue`] for every other type.
// `fn() -> T` makes the lookup `Send` and `Sync` for every `T`.
pub struct Lookup<T>(PhantomData<fn() -> T>);

/// Creates the lookup for a parameter of type `T`.
#[must_use]
pub const fn lookup<T>() -> Lookup<T> {
    Lookup(PhantomData)
}

/// The lookup for a parameter `Option<T>`, whose value may be missing.
pub trait LookupOption {
    /// The parameter's type.
    type Value;
    /// Returns the value, or `None` if no value was provided.
    ///
    /// # Errors
    /// Never returns an error.
    fn get(&self, call: &Call<'_>) -> Result<Self::Value, Missing>;
}

impl<T: Parameter> LookupOption for Lookup<Option<T>> {
    type Value = Option<T>;
    fn get(&self, call: &Call<'_>) -> Result<Option<T>, Missing> {
        Ok(call.value())
    }
}

/// The lookup for a parameter whose value must have been provided.
pub trait LookupValue {
    /// The parameter's type.
    type Value;
    /// Returns the value.
    ///
    /// # Errors
    /// Returns the name of the type if no value was provided.
    fn get(&self, call: &Call<'_>) -> Result<Self::Value, Missing>;
}

// The `&` makes this the second choice of method resolution, so `Option<T>` gets the other lookup.
impl<T: Parameter> LookupValue for &Lookup<T> {
    type Value = T;
    fn get(&self, call: &Call<'_>) -> Result<T, Missing> {
        call.value().ok_or(Missing(std::any::type_name::<T>()))
    }
}
