//! Beside station 9: a closure and its settings in, a hook made at run time out.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::hook::context::HookContext;
use crate::hook::registry::{Registered, TooLateError};
use crate::hook::{
    Body, DEFAULT_TIMEOUT, Hook, HookError, HookFuture, HookMarker, HookOutput, HookRef, HookResult, OnceBody, Phase,
};
use crate::plan::order::{self, PlanError};

/// The settings of a hook made at run time; the defaults are those of the attribute.
#[derive(Clone, Debug, Default)]
#[must_use = "settings do nothing until `register`"]
pub struct HookSettings {
    phase: Phase,
    priority: i32,
    timeout: Option<Duration>,
    after: Vec<HookRef>,
}

impl HookSettings {
    /// Phase `stop`, priority 0, no written timeout (up to 5 s of what the others leave), after nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// When it runs.
    pub fn phase(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }

    /// Higher runs first, inside the phase; equal ones run concurrently.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// How long it may take, counted from its start.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Starts only when this other hook made at run time has ended. One that was removed is not waited for.
    pub fn after(mut self, earlier: &Registration) -> Self {
        self.after.push(earlier.hook.clone());
        self
    }

    /// Starts only when this annotated hook has ended: `settings.after_hook::<orders::flush_orders>()`.
    pub fn after_hook<H: HookMarker>(mut self) -> Self {
        self.after.push(HookRef::Linked(H::hook()));
        self
    }
}

/// Why a hook was not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The shutdown is past the hook's phase.
    TooLateError(TooLateError),
    /// It is after a hook whose turn comes later.
    Plan(PlanError),
    /// The timeout is zero, so the hook could never finish.
    ZeroTimeout {
        /// The hook's name.
        name: String,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLateError(error) => error.fmt(f),
            Self::Plan(error) => error.fmt(f),
            Self::ZeroTimeout { name } => {
                write!(f, "the timeout of `{name}` is zero, so it could never finish; leave it out for 5 s")
            }
        }
    }
}

impl std::error::Error for RegisterError {}

/// A hook made at run time. Dropping this removes the hook, unless it has started: keep it beside what it cleans up.
#[derive(Debug)]
#[must_use = "dropping the registration removes the hook; call `keep()` to leave it for good"]
pub struct Registration {
    hook: HookRef,
    kept: bool,
}

impl Registration {
    /// Leaves the hook for good.
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

/// Makes an async hook while the program runs, in the same order and isolation as annotated ones.
///
/// May be called from any thread, before install, in libraries, and during a shutdown: a hook whose phase has not
/// passed runs still. The closure is called with the [`HookContext`] at the hook's turn; its future is dropped at the
/// timeout.
///
/// ```
/// use on_shutdown::{HookSettings, Phase, register};
///
/// let pool = std::sync::Arc::new("connections");
/// let closing = std::sync::Arc::clone(&pool);
/// let registration = register("close pool", HookSettings::new().phase(Phase::Close), async move |_context| {
///     println!("closing {closing}");
/// })?;
/// // .. as long as the pool lives ..
/// drop(registration);
/// # Ok::<(), on_shutdown::RegisterError>(())
/// ```
///
/// # Errors
/// The shutdown is past the phase; `after` a hook whose turn comes later; a timeout of zero.
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
    let body = Body::AsyncOnce(OnceBody::new(move |call| {
        let future = call.value().map(hook);
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

/// As [`register`], for a closure that may block.
///
/// # Errors
/// As [`register`].
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

/// Every call of a hook has a context. If one has none, the report must not say that the hook completed.
fn no_context() -> HookResult {
    Err(HookError::internal("the hook was called without a context"))
}

fn add(
    name: Cow<'static, str>,
    settings: HookSettings,
    body: Body,
    place: &'static Location<'static>,
) -> Result<Registration, RegisterError> {
    let HookSettings { phase, priority, timeout: written, after } = settings;
    let (timeout, timeout_is_default) = (written.unwrap_or(DEFAULT_TIMEOUT), written.is_none());
    if timeout.is_zero() {
        return Err(RegisterError::ZeroTimeout { name: name.into_owned() });
    }
    let (file, line) = (place.file(), place.line());
    let (module, package, version) = ("", "", "");
    let hook = Hook {
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
        after: &[],
        body,
    };
    for earlier in &after {
        order::check(&hook, earlier).map_err(RegisterError::Plan)?;
    }
    let hook = HookRef::Registered(Arc::new(hook));
    Registered::global().add(hook.clone(), after).map_err(RegisterError::TooLateError)?;
    Ok(Registration { hook, kept: false })
}
