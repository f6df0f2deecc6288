//! Registers hooks at run time.

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::drain::Inside;
use crate::hook::context::HookContext;
use crate::hook::registry::{Registered, RemovedBy, TooLateError};
use crate::hook::{
    Body, DEFAULT_TIMEOUT, HookError, HookFuture, HookMarker, HookOutput, HookRecord, HookRef, HookResult, OnceBody,
    Phase,
};
use crate::install::scope::lifecycle::ScopeCore;
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

/// Refers to a hook that was registered at run time. Dropping it keeps the hook.
///
/// [`register`] returns it. To remove the hook, call [`unregister`](Self::unregister). To remove the hook together with
/// an object, such as a connection, store the guard from [`into_guard`](Self::into_guard) in the object.
#[derive(Debug)]
pub struct Registration {
    hook: HookRef,
    scope: Option<Arc<ScopeCore>>,
}

impl Registration {
    /// Removes the hook. Returns whether the hook was removed before it started.
    ///
    /// A removed hook does not run, and the report does not contain it. Hooks that are `after` it do not wait for it.
    /// `false` means that the hook has started or ended, was skipped, or that the shutdown is over.
    ///
    /// ```
    /// use on_shutdown::{HookSettings, register_sync};
    ///
    /// let upload = register_sync("upload the rest", HookSettings::new(), |_context| println!("uploading"))?;
    /// // The upload has ended before the shutdown:
    /// assert!(upload.unregister());
    /// # Ok::<(), on_shutdown::RegisterError>(())
    /// ```
    pub fn unregister(self) -> bool {
        self.remove(RemovedBy::Program)
    }

    fn remove(&self, by: RemovedBy) -> bool {
        match &self.scope {
            Some(scope) => scope.remove(&self.hook, by),
            None => Registered::global().remove(&self.hook, by),
        }
    }

    /// Returns a guard that removes the hook when it is dropped.
    pub fn into_guard(self) -> HookGuard {
        HookGuard { registration: self, is_kept: false }
    }
}

/// Removes its hook when it is dropped. Ties a hook to an object, such as a connection.
///
/// [`Registration::into_guard`] returns it. The effect of the drop depends on the moment:
///
/// - **Before the trigger**, the hook is removed.
/// - **From the trigger on**, a hook that has not started is skipped, and the report says so: `skipped: its guard was
///   dropped during the shutdown`. The exit code stays 0, because the program itself has ended the object. A hook that
///   has started runs on.
/// - **While its thread panics**, the hook is kept and runs at the shutdown: the object did not end in order.
///
/// Do not hold a guard in a variable of `main` for a hook that the whole program needs. The variable is dropped when
/// `main` returns, and its hook does not run. Drop the [`Registration`] instead, which keeps the hook.
///
/// ```
/// use on_shutdown::{HookGuard, HookSettings, RegisterError, register};
///
/// struct Connection {
///     _goodbye: HookGuard,
/// }
///
/// impl Connection {
///     fn open(peer: String) -> Result<Self, RegisterError> {
///         let goodbye = register(format!("goodbye to {peer}"), HookSettings::new(), async move |_context| {
///             println!("goodbye, {peer}");
///         })?;
///         Ok(Self { _goodbye: goodbye.into_guard() })
///     }
/// }
///
/// let connection = Connection::open("10.0.0.3".to_owned())?;
/// // The connection ends before the shutdown, so its hook is removed.
/// drop(connection);
/// # Ok::<(), on_shutdown::RegisterError>(())
/// ```
#[derive(Debug)]
#[must_use = "dropping the guard removes the hook; store it in the object that the hook belongs to"]
pub struct HookGuard {
    registration: Registration,
    is_kept: bool,
}

impl HookGuard {
    /// Returns the registration of the hook, for [`HookSettings::after`].
    #[must_use]
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Keeps the hook, and returns its registration.
    pub fn into_registration(mut self) -> Registration {
        self.is_kept = true;
        Registration { hook: self.registration.hook.clone(), scope: self.registration.scope.clone() }
    }
}

impl Drop for HookGuard {
    fn drop(&mut self) {
        // A panic is not the orderly end of the object. Its hook is the second net, so it runs.
        if !self.is_kept && !thread::panicking() {
            self.registration.remove(RemovedBy::Guard);
        }
    }
}

/// Registers an async hook at run time. It has the same order and isolation as an annotated hook.
///
/// May be called from every thread, before install, in libraries, and during a shutdown if the hook's phase has not
/// passed. The closure runs when the hook starts. Its future is dropped at the timeout.
///
/// The hook stays registered if the [`Registration`] is dropped. [`Registration::unregister`] removes the hook, and
/// [`Registration::into_guard`] ties it to an object.
///
/// ```
/// use on_shutdown::{HookSettings, Phase, register};
///
/// let pool = std::sync::Arc::new("connections");
/// let closing = std::sync::Arc::clone(&pool);
/// register("close pool", HookSettings::new().phase(Phase::Close), async move |_context| {
///     println!("closing {closing}");
/// })?;
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
    add(name.into(), settings, async_body(hook), Location::caller(), None)
}

/// Registers an async hook of a scope.
pub(super) fn register_in<F, Fut>(
    scope: &Arc<ScopeCore>,
    name: &str,
    settings: HookSettings,
    hook: F,
    location: &'static Location<'static>,
) -> Result<Registration, RegisterError>
where
    F: FnOnce(HookContext) -> Fut + Send + 'static,
    Fut: Future<Output: HookOutput> + Send + 'static,
{
    let drain = Arc::clone(scope.drain());
    let hook = move |context| {
        let inside = Inside::enter(&drain);
        let future = hook(context);
        drop(inside);
        async move {
            let mut future = pin!(future);
            poll_fn(|context| {
                let _inside = Inside::enter(&drain);
                future.as_mut().poll(context)
            })
            .await
        }
    };
    add(name_in(scope, name), settings, async_body(hook), location, Some(scope))
}

/// Registers a sync hook of a scope.
pub(super) fn register_sync_in<F, R>(
    scope: &Arc<ScopeCore>,
    name: &str,
    settings: HookSettings,
    hook: F,
    location: &'static Location<'static>,
) -> Result<Registration, RegisterError>
where
    F: FnOnce(HookContext) -> R + Send + 'static,
    R: HookOutput,
{
    let drain = Arc::clone(scope.drain());
    let hook = move |context| {
        let _inside = Inside::enter(&drain);
        hook(context)
    };
    add(name_in(scope, name), settings, sync_body(hook), location, Some(scope))
}

fn name_in(scope: &ScopeCore, name: &str) -> Cow<'static, str> {
    format!("{}/{name}", scope.drain().path()).into()
}

fn async_body<F, Fut>(hook: F) -> Body
where
    F: FnOnce(HookContext) -> Fut + Send + 'static,
    Fut: Future<Output: HookOutput> + Send + 'static,
{
    // `OnceBody`, because a closure that owns its resource can be called only once.
    Body::AsyncOnce(OnceBody::new(move |call| {
        let future = call.value().map(hook);
        // The closure itself runs now, on the hook's thread. Only its future is awaited later.
        let future: HookFuture = Box::pin(async move {
            match future {
                Some(future) => future.await.into_result(),
                None => no_context(),
            }
        });
        future
    }))
}

/// Registers a sync hook at run time. The closure may block.
///
/// A closure that does not return within the timeout cannot be stopped: the hook is abandoned with its thread. See the
/// crate's documentation for the tokio context of sync hooks.
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
    add(name.into(), settings, sync_body(hook), Location::caller(), None)
}

fn sync_body<F, R>(hook: F) -> Body
where
    F: FnOnce(HookContext) -> R + Send + 'static,
    R: HookOutput,
{
    Body::SyncOnce(OnceBody::new(move |call| {
        call.value().map_or_else(no_context, |context| hook(context).into_result())
    }))
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
    scope: Option<&Arc<ScopeCore>>,
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
    let added = match scope {
        Some(scope) => scope.add(&hook, &after),
        None => Registered::global().add(hook.clone(), after),
    };
    added.map_err(RegisterError::TooLate)?;
    Ok(Registration { hook, scope: scope.cloned() })
}
