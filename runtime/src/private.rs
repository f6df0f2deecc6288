//! What the attributes' expansions name. Not for people: anything here may change with any release.

pub use std::borrow::Cow;

pub use inventory::submit;

pub use crate::entry::{Flavor, MainOutput, main_async, main_sync};
pub use crate::hook::{
    Body, Call, Declared, Hook, HookError, HookFuture, HookOutput, HookResult, Missing, Phase, Want, WantOption,
    WantValue, hook_future, want,
};
pub use crate::registry::Link;
