//! Exports what the code that the attributes generate needs. Not public API: may change in every release.

pub use std::borrow::Cow;

pub use inventory::submit;

pub use crate::hook::registry::LinkedHook;
pub use crate::hook::{
    Body, Call, DEFAULT_TIMEOUT, HookErrorValue, HookFuture, HookMarker, HookOutput, HookRecord, HookResult, Lookup,
    LookupOption, LookupValue, Missing, Phase, hook_future, lookup,
};
pub use crate::install::main_fn::{Flavor, MainOutput, main_async};
use crate::install::settings::Settings;

/// Returns the name of the package from cargo. Without cargo, returns the name of the crate, which is the first part of the
/// module path.
#[must_use]
pub const fn package(name: Option<&'static str>, module: &'static str) -> &'static str {
    if let Some(name) = name {
        return name;
    }
    let bytes = module.as_bytes();
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        if *first == b':' {
            // The cut is before an ASCII character, so the rest is UTF-8.
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

/// Returns the version of the package from cargo. Without cargo, returns an empty text.
#[must_use]
pub const fn version(version: Option<&'static str>) -> &'static str {
    match version {
        Some(version) => version,
        None => "",
    }
}

/// Sets the version of the program, unless its settings do.
pub fn with_version(settings: Settings, version: Option<&'static str>) -> Settings {
    match (&settings.version, version) {
        (None, Some(version)) => settings.version(version),
        _ => settings,
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
