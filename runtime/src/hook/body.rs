//! Calls the function of a hook, and converts what the function returns into a result.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use crate::hook::{Call, HookError, HookErrorValue, Missing};

/// The function of a hook.
pub enum Body {
    /// A sync function. It holds its thread until it returns.
    Sync(fn(&Call<'_>) -> Result<HookResult, Missing>),
    /// An async function. Its future can be dropped at the timeout.
    Async(fn(&Call<'_>) -> Result<HookFuture, Missing>),
    /// A sync closure.
    SyncOnce(OnceBody<HookResult>),
    /// An async closure.
    AsyncOnce(OnceBody<HookFuture>),
}

/// A closure that can be called once.
pub struct OnceBody<T>(Mutex<Option<Closure<T>>>);

type Closure<T> = Box<dyn FnOnce(&Call<'_>) -> T + Send>;

impl<T> OnceBody<T> {
    pub(crate) fn new(closure: impl FnOnce(&Call<'_>) -> T + Send + 'static) -> Self {
        Self(Mutex::new(Some(Box::new(closure))))
    }

    /// Calls the closure. Returns `None` if the closure was called before.
    fn call(&self, call: &Call<'_>) -> Option<T> {
        // The lock is released before the call: the closure is user code. `take` cannot panic, so a poisoned lock is
        // still consistent.
        let closure = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        closure.map(|closure| closure(call))
    }
}

/// A hook whose function was called.
pub(crate) enum Started {
    /// The sync function returned.
    Ended(HookResult),
    /// The async function returned its future, which was not polled yet.
    Pending(HookFuture),
}

impl Body {
    pub(crate) fn is_async(&self) -> bool {
        matches!(self, Self::Async(_) | Self::AsyncOnce(_))
    }

    /// Runs a sync function to its end, or creates the future of an async function.
    pub(crate) fn start(&self, call: &Call<'_>) -> Result<Started, Missing> {
        Ok(match self {
            Self::Sync(run) => Started::Ended(run(call)?),
            Self::Async(start) => Started::Pending(start(call)?),
            Self::SyncOnce(closure) => Started::Ended(closure.call(call).unwrap_or_else(called_before)),
            Self::AsyncOnce(closure) => {
                closure.call(call).map_or_else(|| Started::Ended(called_before()), Started::Pending)
            }
        })
    }
}

/// Returns the error for a closure that is called a second time. A shutdown runs each hook once, so this is a bug of
/// this crate; the report must not say that the hook completed.
fn called_before() -> HookResult {
    Err(HookError::internal("the hook's closure was called before"))
}

/// What the function of a hook returned.
pub type HookResult = Result<(), HookError>;

/// The future of an async hook.
pub type HookFuture = Pin<Box<dyn Future<Output = HookResult> + Send>>;

/// Boxes the future of an async hook.
pub fn hook_future<F>(future: F) -> HookFuture
where
    F: Future<Output = HookResult> + Send + 'static,
{
    Box::pin(future)
}

/// A type that the function of a hook may return.
#[diagnostic::on_unimplemented(
    message = "a shutdown hook cannot return `{Self}`",
    label = "return `()` or a `Result<T, E>` whose `E` implements `Display`",
    note = "a `Result` whose error is `anyhow::Error`, `Box<dyn Error + Send + Sync>` or any `Display` type is reported when it is `Err`"
)]
pub trait HookOutput {
    /// Converts the value into a result.
    ///
    /// # Errors
    /// Returns the value's own error.
    fn into_result(self) -> HookResult;
}

impl HookOutput for () {
    fn into_result(self) -> HookResult {
        Ok(())
    }
}

impl<T, E: HookErrorValue> HookOutput for Result<T, E> {
    fn into_result(self) -> HookResult {
        match self {
            Ok(_) => Ok(()),
            Err(error) => Err(HookError::new(error)),
        }
    }
}
