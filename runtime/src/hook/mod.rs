//! Defines what a hook is, what its function may take and return, and where hooks and their values are kept.

pub use body::{Body, HookFuture, HookOutput, HookResult, hook_future};
pub(crate) use body::{OnceBody, Started};
pub use hook_error::{HookError, HookErrorValue};
pub use parameters::{Call, Lookup, LookupOption, LookupValue, Missing, lookup};
pub(crate) use parameters::{ProvidedType, Values};
pub use phase::{Phase, UnknownPhaseError};
pub use record::{DEFAULT_TIMEOUT, HookMarker, HookRecord};
pub(crate) use record::{HookRef, OverriddenHook, full_name, identity};

mod body;
pub(crate) mod context;
mod hook_error;
mod parameters;
mod phase;
mod record;
pub(crate) mod registry;
pub(crate) mod type_names;
