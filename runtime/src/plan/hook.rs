//! Defines the public view of a hook: read-only, without its function.

use std::fmt;
use std::time::Duration;

use crate::hook::{HookRef, Phase};

/// A hook of a [`Plan`](crate::Plan): its settings and its location in the source.
///
/// # Examples
/// ```standalone_crate
/// use on_shutdown::{Phase, Settings, on_shutdown};
///
/// #[on_shutdown(phase = flush, timeout = "2s")]
/// fn flush_orders() {}
///
/// # fn main() -> Result<(), on_shutdown::InstallError> {
/// let plan = Settings::new().plan()?;
/// for hook in plan.hooks() {
///     println!("{}: {} ({}:{})", hook.phase(), hook.name(), hook.file(), hook.line());
/// }
/// # assert!(plan.hooks().any(|hook| hook.name() == "flush_orders" && hook.phase() == Phase::Flush));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Hook(pub(super) HookRef);

impl Hook {
    /// Returns the name of the function, or the name with which the hook was registered.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the name by which settings find the hook: module and function, `orders::flush`. A hook that was
    /// registered at run time has no module.
    #[must_use]
    pub fn full_name(&self) -> String {
        self.0.full_name()
    }

    /// Returns the module that holds the function, or `None` for a hook that was registered at run time.
    #[must_use]
    pub fn module(&self) -> Option<&str> {
        non_empty(self.0.module)
    }

    /// Returns the source file, as `file!()` names it.
    #[must_use]
    pub fn file(&self) -> &str {
        self.0.file
    }

    /// Returns the line in the source file.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.0.line
    }

    /// Returns the package that contains the hook, or `None` for a hook that was registered at run time.
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        non_empty(self.0.package)
    }

    /// Returns the version of the package. `None` for a hook that was registered at run time, and in a build without
    /// cargo.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        non_empty(self.0.version)
    }

    /// Returns the phase in which the hook runs.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.phase
    }

    /// Returns the priority. Inside a phase, hooks with a higher priority run first.
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.0.priority
    }

    /// Returns the maximum time of the hook, counted from its start.
    ///
    /// This is [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT) for a hook that sets no timeout.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.0.timeout
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.0).fmt(f)
    }
}

/// Records mark a missing name by an empty string, because the attribute writes them as constants.
fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
