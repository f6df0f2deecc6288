//! Looks up the values of a hook's parameters by their types.

use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::panic::Location;

/// The values a hook's parameters are taken from, looked up by type.
pub(crate) trait Values {
    /// Calls `found` with the value of that type, if there is one.
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn Any));
    /// Returns the provided value that the author probably meant, if there is one with a similar type.
    fn find_similar(&self, wanted: &str) -> Option<ProvidedType>;
}

/// The type of a provided value, and where the program provided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProvidedType {
    pub(crate) name: &'static str,
    pub(crate) location: &'static Location<'static>,
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

/// The type of a parameter for which no value was provided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    pub(crate) type_name: &'static str,
    /// A value of a similar type, which was provided.
    pub(crate) similar: Option<ProvidedType>,
}

/// A type that a hook's parameter may have: `provide` can keep such a value and clone it for each hook.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a hook's parameter",
    label = "not `Clone + Send + Sync + 'static`: derive `Clone`, or write `Arc<..>` around a `Send + Sync` type"
)]
pub trait Parameter: Clone + Send + Sync + 'static {}

// Without this attribute the compiler reports the first bound that fails, and not the message above.
#[diagnostic::do_not_recommend]
impl<T: Clone + Send + Sync + 'static> Parameter for T {}

/// A parameter of type `T`; the two traits below tell an `Option` from the rest.
pub struct Lookup<T>(PhantomData<fn() -> T>);

/// Says of what type a parameter is.
#[must_use]
pub const fn lookup<T>() -> Lookup<T> {
    Lookup(PhantomData)
}

/// Looks up a parameter of type `Option<T>`.
pub trait LookupOption {
    /// The type inside the `Option`.
    type Value;
    /// Returns the value, or `None` if the program provided none.
    ///
    /// # Errors
    /// Never.
    // The bound is on the method and not on the `impl`, or the compiler would report that there is no such method.
    fn get(&self, call: &Call<'_>) -> Result<Option<Self::Value>, Missing>
    where
        Self::Value: Parameter;
}

impl<T> LookupOption for Lookup<Option<T>> {
    type Value = T;
    fn get(&self, call: &Call<'_>) -> Result<Option<T>, Missing>
    where
        T: Parameter,
    {
        // A program that provides `Some(value)` means the same.
        Ok(call.value().or_else(|| call.value::<Option<T>>().flatten()))
    }
}

/// Looks up a parameter of any other type.
pub trait LookupValue {
    /// The parameter's type.
    type Value;
    /// Returns the value.
    ///
    /// # Errors
    /// Returns the type's name if the program provided no value.
    fn get(&self, call: &Call<'_>) -> Result<Self::Value, Missing>
    where
        Self::Value: Parameter;
}

impl<T> LookupValue for &Lookup<T> {
    type Value = T;
    fn get(&self, call: &Call<'_>) -> Result<T, Missing>
    where
        T: Parameter,
    {
        call.value().ok_or_else(|| {
            let type_name = std::any::type_name::<T>();
            Missing { type_name, similar: call.values.find_similar(type_name) }
        })
    }
}
