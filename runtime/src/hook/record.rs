//! Defines the record of one hook: its settings, its location in the source, and its function.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::hook::{Body, Phase};

/// The maximum time of a hook whose timeout is not set. If time is short, the hook gets less:
/// [`Plan::least_share`](crate::Plan::least_share).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// A hook as the attribute declares it, or as the program registers it at run time.
///
/// The expansion of the attribute writes this record, so its fields are public. Users see
/// [`on_shutdown::Hook`](crate::Hook).
pub struct HookRecord {
    /// The function's name.
    pub name: Cow<'static, str>,
    /// The module that holds the function; empty for a hook that was registered at run time.
    pub module: &'static str,
    /// Source file.
    pub file: &'static str,
    /// Line in the source file.
    pub line: u32,
    /// The package that contains the hook; empty for a hook that was registered at run time.
    pub package: &'static str,
    /// The version of that package; empty in a build without cargo.
    pub version: &'static str,
    /// The phase in which the hook runs.
    pub phase: Phase,
    /// The order inside the phase: higher runs first.
    pub priority: i32,
    /// The maximum time of the hook, counted from its start.
    pub timeout: Duration,
    /// Whether the timeout is [`DEFAULT_TIMEOUT`] because the declaration sets none.
    pub timeout_is_default: bool,
    /// The hooks that must have ended before this hook starts.
    pub after: &'static [fn() -> &'static HookRecord],
    /// The function itself.
    pub body: Body,
}

/// Returns the name by which settings find a hook: module and function, `orders::flush`. A hook that was registered at
/// run time has no module.
pub(crate) fn full_name(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

impl HookRecord {
    /// Returns the name by which settings find this hook: `orders::flush`.
    pub(crate) fn full_name(&self) -> String {
        full_name(self.module, &self.name)
    }
}

impl fmt::Debug for HookRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({} at {}:{})", self.full_name(), self.file, self.line)
    }
}

/// A shared reference to a hook.
#[derive(Clone, Debug)]
pub(crate) enum HookRef {
    /// The hook is linked into the program.
    Linked(&'static HookRecord),
    /// The hook is linked, and settings have changed it.
    Overridden(Arc<OverriddenHook>),
    /// The hook was registered at run time.
    Registered(Arc<HookRecord>),
}

/// A linked hook with other settings than its attribute declares.
#[derive(Debug)]
pub(crate) struct OverriddenHook {
    hook: HookRecord,
    // Kept, because the `after` of other hooks refers to this record.
    declared: &'static HookRecord,
}

impl OverriddenHook {
    /// Copies the hook with this priority and, if set, this timeout. Returns `None` for a closure, which cannot be
    /// copied; a linked hook is never a closure.
    pub(crate) fn new(declared: &'static HookRecord, timeout: Option<Duration>, priority: i32) -> Option<Self> {
        let body = match declared.body {
            Body::Sync(run) => Body::Sync(run),
            Body::Async(start) => Body::Async(start),
            Body::SyncOnce(_) | Body::AsyncOnce(_) => return None,
        };
        let HookRecord { ref name, module, file, line, package, version, phase, after, .. } = *declared;
        let name = name.clone();
        // A timeout from settings is a promise like one in the attribute.
        let (timeout, timeout_is_default) = match timeout {
            Some(timeout) => (timeout, false),
            None => (declared.timeout, declared.timeout_is_default),
        };
        let hook = HookRecord {
            name,
            module,
            file,
            line,
            package,
            version,
            phase,
            priority,
            timeout,
            timeout_is_default,
            after,
            body,
        };
        Some(Self { hook, declared })
    }
}

impl Deref for HookRef {
    type Target = HookRecord;

    fn deref(&self) -> &HookRecord {
        match self {
            Self::Linked(hook) => hook,
            Self::Overridden(overridden) => &overridden.hook,
            Self::Registered(hook) => hook,
        }
    }
}

impl HookRef {
    /// Returns a number that no other live hook has. Settings do not change the number.
    pub(crate) fn identity(&self) -> usize {
        identity(self.declared())
    }

    /// Returns the hook as its author declared it.
    pub(crate) fn declared(&self) -> &HookRecord {
        match self {
            Self::Overridden(overridden) => overridden.declared,
            Self::Linked(_) | Self::Registered(_) => self,
        }
    }
}

/// Returns the address of the record, which is unique while the record lives.
pub(crate) fn identity(hook: &HookRecord) -> usize {
    std::ptr::from_ref(hook).addr()
}

/// Marks the type that the attribute generates with the name of a hook's function. `after = [path]` finds the hook
/// through this type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shutdown hook",
    label = "`after` takes the paths of functions that carry `#[on_shutdown]`"
)]
pub trait HookMarker {
    /// Returns the hook.
    fn hook() -> &'static HookRecord;
}
