//! Contains the items that the expansions of the attributes use. This is not public API: it may change in any release.

pub use std::borrow::Cow;

pub use inventory::submit;

pub use crate::hook::registry::LinkedHook;
pub use crate::hook::{
    Body, Call, DEFAULT_TIMEOUT, HookError, HookFuture, HookOutput, HookResult, Lookup, LookupOption, LookupValue,
    Missing, Phase, hook_future,
};
// The names that the expansions use.
pub use crate::hook::{HookMarker as Declared, HookRecord as Hook, lookup as want};
pub use crate::install::main_fn::{Flavor, MainOutput, main_async, main_sync};

/// Returns the name that cargo gives the package. Other build systems set no name; then returns the name of the crate,
/// which is the first part of the module path.
#[must_use]
pub const fn package(name: Option<&'static str>, module: &'static str) -> &'static str {
    if let Some(name) = name {
        return name;
    }
    let bytes = module.as_bytes();
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        if *first == b':' {
            // The cut is before an ASCII character, so the rest is still UTF-8.
            let (name, _) = bytes.split_at(bytes.len() - rest.len());
            return match std::str::from_utf8(name) {
                Ok(name) => name,
                Err(_) => module,
            };
        }
        rest = tail;
    }
    module
}

/// Returns the version that cargo gives the package, or an empty string in a build without cargo.
#[must_use]
pub const fn version(version: Option<&'static str>) -> &'static str {
    match version {
        Some(version) => version,
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_cargo_has_the_crates_name_and_no_version() {
        assert_eq!(package(Some("orders-lib"), "orders_lib::flush"), "orders-lib");
        assert_eq!(package(None, "orders_lib::flush::late"), "orders_lib");
        assert_eq!(package(None, "orders_lib"), "orders_lib");
        assert_eq!((version(Some("1.2.3")), version(None)), ("1.2.3", ""));
    }
}
