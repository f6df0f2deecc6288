//! A hook's parameters: their types in, the values that were provided for them out.

use std::any::{Any, TypeId};
use std::marker::PhantomData;

/// The values a hook's parameters are taken from, looked up by type.
pub(crate) trait Values {
    /// Calls `found` with the value of that type, if there is one.
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn Any));
}

/// What a hook's function is called with.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    values: &'a dyn Values,
}

impl<'a> Call<'a> {
    pub(crate) fn new(values: &'a dyn Values) -> Self {
        Self { values }
    }

    pub(crate) fn value<T: Clone + 'static>(&self) -> Option<T> {
        let mut value = None;
        self.values.lend(TypeId::of::<T>(), &mut |found| value = found.downcast_ref::<T>().cloned());
        value
    }
}

/// The type of a parameter for which nothing was provided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub &'static str);

/// What a hook's parameter may be: a value that `provide` can keep and hand out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a shutdown hook",
    label = "a parameter is `Clone + Send + Sync + 'static`; wrap it in an `Arc` to share it"
)]
pub trait Parameter: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> Parameter for T {}

/// A parameter of type `T`; the two traits below tell an `Option` from the rest.
pub struct Lookup<T>(PhantomData<fn() -> T>);

/// Says of what type a parameter is.
#[must_use]
pub const fn want<T>() -> Lookup<T> {
    Lookup(PhantomData)
}

/// A parameter that may be missing.
pub trait LookupOption {
    /// The parameter's type.
    type Value;
    /// The value, `None` where none was provided.
    ///
    /// # Errors
    /// None.
    fn get(&self, call: &Call<'_>) -> Result<Self::Value, Missing>;
}

impl<T: Parameter> LookupOption for Lookup<Option<T>> {
    type Value = Option<T>;
    fn get(&self, call: &Call<'_>) -> Result<Option<T>, Missing> {
        Ok(call.value())
    }
}

/// A parameter that must be there.
pub trait LookupValue {
    /// The parameter's type.
    type Value;
    /// The value.
    ///
    /// # Errors
    /// The type's name, where none was provided.
    fn get(&self, call: &Call<'_>) -> Result<Self::Value, Missing>;
}

impl<T: Parameter> LookupValue for &Lookup<T> {
    type Value = T;
    fn get(&self, call: &Call<'_>) -> Result<T, Missing> {
        call.value().ok_or(Missing(std::any::type_name::<T>()))
    }
}
