//! Registers hooks at run time.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::hook::context::HookContext;
use crate::hook::registry::{Registered, TooLateError};
use crate::hook::{
    Body, DEFAULT_TIMEOUT, HookError, HookFuture, HookMarker, HookOutput, HookRecord, HookRef, HookResult, OnceBody,
    Phase,
};
use crate::plan::order::{self, PlanError};

/// Configures a hook that is registered at run time. The defaults are those of the attribute.
#[derive(Clone, Debug, Default)]
#[must_use = "settings do nothing until `register`"]
pub struct HookSettings {
    phase: Phase,
    priority: i32,
    timeout: Option<Duration>,
    after: Vec<HookRef>,
}

impl HookSettings {
    /// Returns settings with all defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the phase. Default: `stop`.
    pub fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    /// Sets the priority inside the phase. Hooks with a higher priority run first; hooks with equal priorities run
    /// concurrently. Default: 0.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Sets the timeout, counted from the start of the hook. Default: a share of the time that hooks with a timeout
    /// leave, up to 5 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Delays the hook until another registered hook has ended. A hook that was removed does not delay it.
    pub fn after(mut self, earlier: &Registration) -> Self {
        self.after.push(earlier.hook.clone());
        self
    }

    /// Delays the hook until an annotated hook has ended: `settings.after_hook::<orders::flush_orders>()`.
    pub fn after_hook<H: HookMarker>(mut self) -> Self {
        self.after.push(HookRef::Linked(H::hook()));
        self
    }
}

/// Describes why a hook was not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The shutdown has passed the phase of the hook.
    TooLate(TooLateError),
    /// The hook is `after` a hook that runs later.
    Plan(PlanError),
    /// The timeout is zero.
    ZeroTimeout {
        /// The name of the hook.
        name: String,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLate(error) => error.fmt(f),
            Self::Plan(error) => error.fmt(f),
            Self::ZeroTimeout { name } => {
                write!(
                    f,
                    "the timeout of `{name}` is zero, so the hook could never complete; write a longer one, or leave it out"
                )
            }
        }
    }
}

impl std::error::Error for RegisterError {}

/// Removes its hook when it is dropped, unless the hook has started.
///
/// [`register`] returns it. Store it in the object that the hook cleans up, or call [`keep`](Self::keep).
#[derive(Debug)]
#[must_use = "dropping the registration removes the hook; call `keep()` to leave it for good"]
pub struct Registration {
    hook: HookRef,
    kept: bool,
}

impl Registration {
    /// Keeps the hook until the process ends.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if !self.kept {
            Registered::global().remove(&self.hook);
        }
    }
}

/// Registers an async hook at run time. It has the same order and isolation as an annotated hook.
///
/// May be called from every thread, before install, in libraries, and during a shutdown if the hook's phase has not
/// passed. The closure runs when the hook starts. Its future is dropped at the timeout.
///
/// ```
/// use on_shutdown::{HookSettings, Phase, register};
///
/// let pool = std::sync::Arc::new("connections");
/// let closing = std::sync::Arc::clone(&pool);
/// let registration = register("close pool", HookSettings::new().phase(Phase::Close), async move |_context| {
///     println!("closing {closing}");
/// })?;
/// // When the pool is no longer needed:
/// drop(registration);
/// # Ok::<(), on_shutdown::RegisterError>(())
/// ```
///
/// # Errors
/// The shutdown has passed the phase; the hook is `after` a hook that runs later; or the timeout is zero.
#[track_caller]
pub fn register<F, Fut>(
    name: impl Into<Cow<'static, str>>,
    settings: HookSettings,
    hook: F,
) -> Result<Registration, RegisterError>
where
    F: FnOnce(HookContext) -> Fut + Send + 'static,
    Fut: Future<Output: HookOutput> + Send + 'static,
{
    // `OnceBody`, because a closure that owns its resource can be called only once.
    let body = Body::AsyncOnce(OnceBody::new(move |call| {
        let future = call.value().map(hook);
        // The closure itself runs now, on the hook's thread. Only its future is awaited later.
        let future: HookFuture = Box::pin(async move {
            match future {
                Some(future) => future.await.into_result(),
                None => no_context(),
            }
        });
        future
    }));
    add(name.into(), settings, body, Location::caller())
}

/// Registers a sync hook at run time. The closure may block.
///
/// A closure that does not return within the timeout cannot be stopped: the hook is abandoned with its thread. The closure
/// runs outside any tokio runtime; use [`register`] for a hook that needs one.
///
/// # Errors
/// The same as [`register`].
#[track_caller]
pub fn register_sync<F, R>(
    name: impl Into<Cow<'static, str>>,
    settings: HookSettings,
    hook: F,
) -> Result<Registration, RegisterError>
where
    F: FnOnce(HookContext) -> R + Send + 'static,
    R: HookOutput,
{
    let body = Body::SyncOnce(OnceBody::new(move |call| {
        call.value().map_or_else(no_context, |context| hook(context).into_result())
    }));
    add(name.into(), settings, body, Location::caller())
}

/// Returns an internal error. Each call of a hook has a context; without one, the hook must not count as completed.
fn no_context() -> HookResult {
    Err(HookError::internal("the hook was called without a context"))
}

fn add(
    name: Cow<'static, str>,
    settings: HookSettings,
    body: Body,
    location: &'static Location<'static>,
) -> Result<Registration, RegisterError> {
    let HookSettings { phase, priority, timeout: written, after } = settings;
    let (timeout, timeout_is_default) = (written.unwrap_or(DEFAULT_TIMEOUT), written.is_none());
    // A mistake in every case: the hook would be cancelled before it starts.
    if timeout.is_zero() {
        return Err(RegisterError::ZeroTimeout { name: name.into_owned() });
    }
    let (file, line) = (location.file(), location.line());
    // A closure has no module path, and the caller's package is unknown.
    let (module, package, version) = ("", "", "");
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
        // Holds functions of linked hooks only. The registry keeps the order of registered ones.
        after: &[],
        body,
    };
    // Now, so that the caller gets the error. At the trigger it would only be in the report.
    for earlier in &after {
        order::check(&hook, earlier).map_err(RegisterError::Plan)?;
    }
    let hook = HookRef::Registered(Arc::new(hook));
    Registered::global().add(hook.clone(), after).map_err(RegisterError::TooLate)?;
    Ok(Registration { hook, kept: false })
}
