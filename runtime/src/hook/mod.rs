//! Station 1: what a hook is, and what its function may take and return.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) use parameters::Values;
pub use parameters::{Call, Lookup, LookupOption, LookupValue, Missing, want};

pub(crate) mod context;
mod parameters;
pub(crate) mod registry;

/// What kind of work a hook does. Phases run in the order in which they are listed here; there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Leave the service registry, fail the readiness probe: new work goes elsewhere.
    Deregister,
    /// Stop accepting, finish what has begun.
    Drain,
    /// Stop background work: workers, consumers, timers. The default.
    #[default]
    Stop,
    /// Write buffers out, through connections that are still open. A slice of the budget is kept for this phase and
    /// those after it.
    Flush,
    /// Close connections, pools, files.
    Close,
    /// Export the last telemetry.
    Finalize,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 6] = [Self::Deregister, Self::Drain, Self::Stop, Self::Flush, Self::Close, Self::Finalize];

    /// Returns the name as the attribute spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deregister => "deregister",
            Self::Drain => "drain",
            Self::Stop => "stop",
            Self::Flush => "flush",
            Self::Close => "close",
            Self::Finalize => "finalize",
        }
    }
}

impl Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The longest that a hook without a written timeout may take. If time is short, it gets less:
/// [`Plan::least_share`](crate::Plan::least_share).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// A hook with its settings and its place in the source: as the attribute declares it, or as it was registered.
pub struct Hook {
    /// The function's name.
    pub name: Cow<'static, str>,
    /// The module that holds the function; empty for a hook that was registered at run time.
    pub module: &'static str,
    /// Source file.
    pub file: &'static str,
    /// Line in the source file.
    pub line: u32,
    /// The package that brings the hook; empty for a hook that was registered at run time.
    pub package: &'static str,
    /// That package's version.
    pub version: &'static str,
    /// When it runs.
    pub phase: Phase,
    /// Higher runs first, inside the phase.
    pub priority: i32,
    /// How long it may take, counted from its start.
    pub timeout: Duration,
    /// Whether nobody wrote the timeout, so that it is [`DEFAULT_TIMEOUT`].
    #[doc(hidden)]
    pub timeout_is_default: bool,
    /// The hooks that must have ended before this one starts.
    pub after: &'static [fn() -> &'static Hook],
    /// The function itself.
    pub body: Body,
}

/// Module and function, `orders::flush`; a hook that was registered at run time has no module.
pub(crate) fn full_name(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") }
}

impl Hook {
    /// The name by which settings find it: module and function, `orders::flush`.
    #[must_use]
    pub fn full_name(&self) -> String {
        full_name(self.module, &self.name)
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({}::{} at {}:{})", self.module, self.name, self.file, self.line)
    }
}

/// A hook, shared: linked into the program, or registered while it runs.
#[derive(Clone, Debug)]
pub(crate) enum HookRef {
    Linked(&'static Hook),
    /// Linked, and changed by settings.
    OverriddenHook(Arc<OverriddenHook>),
    Registered(Arc<Hook>),
}

/// A linked hook with other settings than those of its attribute.
#[derive(Debug)]
pub(crate) struct OverriddenHook {
    hook: Hook,
    declared: &'static Hook,
}

impl OverriddenHook {
    /// None for a closure, which cannot be had twice; a linked hook is none.
    pub(crate) fn new(declared: &'static Hook, timeout: Option<Duration>, priority: i32) -> Option<Self> {
        let body = match declared.body {
            Body::Sync(run) => Body::Sync(run),
            Body::Async(start) => Body::Async(start),
            Body::SyncOnce(_) | Body::AsyncOnce(_) => return None,
        };
        let Hook { ref name, module, file, line, package, version, phase, after, .. } = *declared;
        let name = name.clone();
        let (timeout, timeout_is_default) = match timeout {
            Some(written) => (written, false),
            None => (declared.timeout, declared.timeout_is_default),
        };
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
            after,
            body,
        };
        Some(Self { hook, declared })
    }
}

impl Deref for HookRef {
    type Target = Hook;

    fn deref(&self) -> &Hook {
        match self {
            Self::Linked(hook) => hook,
            Self::OverriddenHook(tuned) => &tuned.hook,
            Self::Registered(hook) => hook,
        }
    }
}

impl HookRef {
    /// Tells this hook from every other that lives.
    pub(crate) fn identity(&self) -> usize {
        identity(self.declared())
    }

    /// The hook as its author declared it.
    pub(crate) fn declared(&self) -> &Hook {
        match self {
            Self::OverriddenHook(tuned) => tuned.declared,
            Self::Linked(_) | Self::Registered(_) => self,
        }
    }
}

pub(crate) fn identity(hook: &Hook) -> usize {
    std::ptr::from_ref(hook).addr()
}

/// How a hook is entered.
pub enum Body {
    /// A sync function: it holds its thread until it returns.
    Sync(fn(&Call<'_>) -> Result<HookResult, Missing>),
    /// An async function: its future can be dropped at the timeout.
    Async(fn(&Call<'_>) -> Result<HookFuture, Missing>),
    /// A sync closure.
    SyncOnce(Once<HookResult>),
    /// An async closure.
    AsyncOnce(Once<HookFuture>),
}

/// A closure, which can be called once.
pub struct Once<T>(Mutex<Option<Closure<T>>>);

type Closure<T> = Box<dyn FnOnce(&Call<'_>) -> T + Send>;

impl<T> Once<T> {
    pub(crate) fn new(closure: impl FnOnce(&Call<'_>) -> T + Send + 'static) -> Self {
        Self(Mutex::new(Some(Box::new(closure))))
    }

    fn call(&self, call: &Call<'_>) -> Option<T> {
        let closure = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        closure.map(|closure| closure(call))
    }
}

/// A hook that was entered.
pub(crate) enum Started {
    Ended(HookResult),
    Waits(HookFuture),
}

impl Body {
    pub(crate) fn is_async(&self) -> bool {
        matches!(self, Self::Async(_) | Self::AsyncOnce(_))
    }

    /// Runs a sync function to its end; makes the future of an async one.
    pub(crate) fn enter(&self, call: &Call<'_>) -> Result<Started, Missing> {
        Ok(match self {
            Self::Sync(run) => Started::Ended(run(call)?),
            Self::Async(start) => Started::Waits(start(call)?),
            Self::SyncOnce(closure) => Started::Ended(closure.call(call).unwrap_or_else(ran_before)),
            Self::AsyncOnce(closure) => closure.call(call).map_or_else(|| Started::Ended(ran_before()), Started::Waits),
        })
    }
}

/// No shutdown runs a hook twice. If one does, the report must not say that the hook completed.
fn ran_before() -> HookResult {
    Err(HookError::internal("the hook's closure was called before"))
}

/// What came of a hook's function.
pub type HookResult = Result<(), HookError>;

/// The future of an async hook.
pub type HookFuture = Pin<Box<dyn Future<Output = HookResult> + Send>>;

/// The error of a hook, as the text its type displays (with `{:#}`, which prints anyhow's causes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookError(pub String);

impl HookError {
    /// A fault of this crate, and not of the hook.
    pub(crate) fn internal(what: &str) -> Self {
        debug_assert!(false, "{what}");
        Self(format!("internal error of on-shutdown: {what}; please report it"))
    }
}

/// Boxes the future of an async hook.
pub fn hook_future<F>(future: F) -> HookFuture
where
    F: Future<Output = HookResult> + Send + 'static,
{
    Box::pin(future)
}

/// What the function of a hook may return.
#[diagnostic::on_unimplemented(
    message = "a shutdown hook cannot return `{Self}`",
    label = "return `()` or a `Result<T, E>` whose `E` implements `Display`",
    note = "a `Result` whose error is `anyhow::Error`, `Box<dyn Error>` or any `Display` type is reported when it is `Err`"
)]
pub trait HookOutput {
    /// The outcome that this value stands for.
    ///
    /// # Errors
    /// The value's own error, as text.
    fn into_result(self) -> HookResult;
}

impl HookOutput for () {
    fn into_result(self) -> HookResult {
        Ok(())
    }
}

impl<T, E: Display> HookOutput for Result<T, E> {
    fn into_result(self) -> HookResult {
        match self {
            Ok(_) => Ok(()),
            Err(error) => Err(HookError(format!("{error:#}"))),
        }
    }
}

/// The type beside a hook's function, through which `after = [path]` finds the hook.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a shutdown hook",
    label = "`after` takes the paths of functions that carry `#[on_shutdown]`"
)]
pub trait Declared {
    /// The hook.
    fn hook() -> &'static Hook;
}
