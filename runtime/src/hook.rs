//! Station 1: what a hook is, and what its function may take and return.

use std::any::TypeId;
use std::fmt::{self, Display};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;

/// What kind of work a hook does. Phases run in the order in which they are listed here; there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Phase {
    /// Tell the outside that this instance leaves: deregister, fail the readiness probe.
    Announce,
    /// Stop accepting, finish what has begun.
    Drain,
    /// Stop background work: workers, consumers, timers. The default.
    #[default]
    Stop,
    /// Close what the work needed: pools, connections, files.
    Close,
    /// Write out what must not be lost, telemetry last. A slice of the budget is kept for this phase.
    Flush,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 5] = [Self::Announce, Self::Drain, Self::Stop, Self::Close, Self::Flush];

    /// The name as the attribute spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Announce => "announce",
            Self::Drain => "drain",
            Self::Stop => "stop",
            Self::Close => "close",
            Self::Flush => "flush",
        }
    }
}

impl Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The timeout of a hook that declares none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// A hook as the attribute declares it: a constant of the program, gathered at link time.
#[derive(Clone, Copy)]
pub struct Hook {
    /// The function's name.
    pub name: &'static str,
    /// The module that holds the function.
    pub module: &'static str,
    /// Source file of the attribute.
    pub file: &'static str,
    /// Line of the attribute.
    pub line: u32,
    /// The package that brings the hook.
    pub package: &'static str,
    /// That package's version.
    pub version: &'static str,
    /// When it runs.
    pub phase: Phase,
    /// Higher runs first, inside the phase.
    pub priority: i32,
    /// How long it may take, counted from its start.
    pub timeout: Duration,
    /// The hooks that must have ended before this one starts.
    pub after: &'static [fn() -> &'static Hook],
    /// The function itself.
    pub body: Body,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({}::{} at {}:{})", self.module, self.name, self.file, self.line)
    }
}

/// How a hook is entered.
#[derive(Clone, Copy)]
pub enum Body {
    /// A sync function: it holds its thread until it returns.
    Sync(fn(&Call<'_>) -> Result<HookResult, Missing>),
    /// An async function: its future can be dropped at the timeout.
    Async(fn(&Call<'_>) -> Result<HookFuture, Missing>),
}

/// What came of a hook's function.
pub type HookResult = Result<(), HookError>;

/// The future of an async hook.
pub type HookFuture = Pin<Box<dyn Future<Output = HookResult> + Send>>;

/// The error of a hook, as the text its type displays (with `{:#}`, which prints anyhow's causes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookError(pub String);

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

/// The values a hook's parameters are taken from, looked up by type.
pub(crate) trait Values {
    /// Calls `found` with the value of that type, if there is one.
    fn lend(&self, wanted: TypeId, found: &mut dyn FnMut(&dyn std::any::Any));
}

/// What a hook's function is called with.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    values: &'a dyn Values,
}

impl<'a> Call<'a> {
    pub(crate) fn new(values: &'a dyn Values) -> Self {
        Self { values }
    }

    fn value<T: Clone + 'static>(&self) -> Option<T> {
        let mut value = None;
        self.values.lend(TypeId::of::<T>(), &mut |found| value = found.downcast_ref::<T>().cloned());
        value
    }
}

/// The type of a parameter for which nothing was provided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing(pub &'static str);

/// What a hook's parameter may be: a value that `provide` can keep and hand out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a shutdown hook",
    label = "a parameter is `Clone + Send + Sync + 'static`; wrap it in an `Arc` to share it"
)]
pub trait Parameter: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> Parameter for T {}

/// A parameter of type `T`; the two traits below tell an `Option` from the rest.
pub struct Want<T>(PhantomData<fn() -> T>);

/// Says of what type a parameter is.
#[must_use]
pub const fn want<T>() -> Want<T> {
    Want(PhantomData)
}

/// A parameter that may be missing.
pub trait WantOption {
    /// The parameter's type.
    type Value;
    /// The value, `None` where none was provided.
    ///
    /// # Errors
    /// None.
    fn get(&self, call: &Call<'_>) -> Result<Self::Value, Missing>;
}

impl<T: Parameter> WantOption for Want<Option<T>> {
    type Value = Option<T>;
    fn get(&self, call: &Call<'_>) -> Result<Option<T>, Missing> {
        Ok(call.value())
    }
}

/// A parameter that must be there.
pub trait WantValue {
    /// The parameter's type.
    type Value;
    /// The value.
    ///
    /// # Errors
    /// The type's name, where none was provided.
    fn get(&self, call: &Call<'_>) -> Result<Self::Value, Missing>;
}

impl<T: Parameter> WantValue for &Want<T> {
    type Value = T;
    fn get(&self, call: &Call<'_>) -> Result<T, Missing> {
        call.value().ok_or(Missing(std::any::type_name::<T>()))
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
