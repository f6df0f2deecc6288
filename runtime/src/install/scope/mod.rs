//! Offers parts of the program that can be stopped alone.

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use self::lifecycle::{ScopeCore, ScopeError};
use super::register::{self, HookSettings, RegisterError, Registration};
use super::serve::send_early_events;
use super::task::{Task, TaskHandle, TaskOutput};
use crate::drain::{self, Draining, InFlight, Leaving, Stage, Tracked, WaiterEntry};
use crate::hook::HookOutput;
use crate::hook::context::HookContext;
use crate::plan::budget::GraceError;
use crate::report::Report;
use crate::trigger::Trigger;

pub(crate) mod lifecycle;
mod shutdown;

/// A part of the program that can be stopped alone, while the process goes on: a listener that is reloaded, a tenant, a
/// plugin.
///
/// A scope has its own work in flight, tasks and registered hooks, and [`shut_down`](Self::shut_down) stops them as a
/// shutdown of the process does: in the order of the phases, with timeouts and isolation, and with a [`Report`]. To start
/// the part again, make a new scope. Scopes may be nested, by [`scope`](Self::scope).
///
/// If the process shuts down, its scopes do, too: their futures resolve, their hooks run in their phases among those of
/// the process, and the report names all of them with the scope: `listener/close socket`. So nothing is lost if a scope is never
/// stopped alone, or if every clone of it is dropped, which stops nothing.
///
/// # Examples
/// ```
/// use on_shutdown::{HookSettings, Scope};
///
/// # async fn accept() -> std::io::Result<()> { Ok(()) }
/// # async fn reload() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = Scope::new("listener");
/// listener.spawn("accept", |mut draining| async move {
///     loop {
///         tokio::select! {
///             () = &mut draining => return Ok(()),
///             connection = accept() => connection?,
///         }
///     }
///     # #[allow(unreachable_code)]
///     # Ok::<(), std::io::Error>(())
/// });
/// listener.register("say goodbye", HookSettings::new(), async |_context| println!("goodbye"))?;
///
/// // The configuration has changed. The old listener finishes what it has begun, and the process goes on.
/// let report = listener.shut_down().await?;
/// println!("{report}");
/// let listener = Scope::new("listener");
/// # drop(listener);
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new()?.block_on(reload())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Limits
/// - Annotated hooks belong to the process. A scope has registered hooks only.
/// - A scope has no drain delay, and signals do not reach it: they shut down the process.
/// - If the process begins to shut down while a scope is being stopped, the rest of the scope's shutdown is work in
///   flight of the process. What is not done at the end of the process's drain phase is named in its report.
/// - The names of scopes, and of the work in them, are kept for the life of the process, each once. Do not put numbers
///   into them that never repeat.
///
/// tokio-graceful-shutdown has the idea: a subsystem with nested subsystems can be shut down alone.
#[derive(Clone)]
pub struct Scope {
    core: Arc<ScopeCore>,
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").field(&self.path()).finish()
    }
}

impl Scope {
    /// Makes a scope of the program. Two scopes may have the same name, such as the old and the new listener.
    #[must_use = "a scope has an effect only through the work, tasks and hooks that are made by it"]
    #[track_caller]
    pub fn new(name: impl AsRef<str>) -> Self {
        Self { core: ScopeCore::new(name.as_ref(), None) }
    }

    /// Makes a scope inside this one, which is stopped alone or together with this one.
    #[must_use = "a scope has an effect only through the work, tasks and hooks that are made by it"]
    #[track_caller]
    pub fn scope(&self, name: impl AsRef<str>) -> Self {
        Self { core: ScopeCore::new(name.as_ref(), Some(&self.core)) }
    }

    /// Stops only this scope, and not the process, when a task of the scope or of a scope inside it fails.
    /// [`ended`](Self::ended) then resolves with the report, whose trigger names the task.
    ///
    /// Default: a task that fails starts the shutdown of the process, as [`spawn`](crate::spawn()) does.
    pub fn contain_failures(self) -> Self {
        self.core.contain_failures();
        self
    }

    /// Sets the grace period of a shutdown of this scope alone. Its hooks have the [`Budget`](crate::Budget) of this
    /// period, as those of the process have. Default: that of the scope around it, otherwise that of the process, or
    /// [`DEFAULT_GRACE_PERIOD`](crate::DEFAULT_GRACE_PERIOD) if no shutdown is installed.
    ///
    /// # Errors
    /// The period is shorter or longer than a budget may be.
    pub fn grace_period(self, period: Duration) -> Result<Self, GraceError> {
        self.core.set_grace_period(period)?;
        Ok(self)
    }

    /// Returns the name of the scope, with the names of the scopes around it: `tenants/acme`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.core.drain().path()
    }

    /// Returns whether the scope wants new work: `false` when it is being stopped, or the process is shutting down. The
    /// counterpart of [`is_ready`](crate::is_ready()), which does not ask scopes.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.core.drain().has_reached(Stage::Leaving)
    }

    /// Returns whether the scope must stop accepting and finish the work that has begun. See
    /// [`is_draining`](crate::is_draining()).
    #[must_use]
    pub fn is_draining(&self) -> bool {
        drain::is_draining_of(self.core.drain())
    }

    /// Resolves when the scope is being stopped, or at the trigger of the process. See [`leaving`](crate::leaving()).
    pub fn leaving(&self) -> Leaving {
        drain::leaving_of(self.core.drain())
    }

    /// Resolves when the scope must stop accepting and finish the work that has begun: its `deregister` hooks have ended,
    /// or the process drains. See [`draining`](crate::draining()).
    pub fn draining(&self) -> Draining {
        drain::draining_of(self.core.drain())
    }

    /// Marks that a piece of work of this scope has begun. See [`in_flight`](crate::in_flight()).
    #[track_caller]
    pub fn in_flight(&self, name: &'static str) -> InFlight {
        let scope = self.core.drain();
        drain::in_flight_in(scope, scope.site_id(name, Location::caller()))
    }

    /// Marks a future as work in flight of this scope until it ends or is dropped. See [`track`](crate::track()).
    #[track_caller]
    pub fn track<F: Future>(&self, name: &'static str, future: F) -> Tracked<F> {
        Tracked::new(self.in_flight(name), future)
    }

    /// Starts a server with a [`Draining`] future of this scope. See [`serve`](crate::serve()).
    #[track_caller]
    pub fn serve<S, F>(&self, name: &'static str, server: S) -> Tracked<F::IntoFuture>
    where
        S: FnOnce(Draining) -> F,
        F: IntoFuture,
    {
        send_early_events();
        drain::serve_with(self.in_flight(name), self.draining(), server)
    }

    /// Spawns a task that the scope cannot do without. See [`spawn`](crate::spawn()): it ends when the scope drains, and
    /// if it fails before, the shutdown of the process starts, or of the scope that [contains](Self::contain_failures)
    /// failures.
    ///
    /// # Panics
    /// There is no tokio runtime: neither around the caller nor around `main`.
    #[track_caller]
    pub fn spawn<S, F>(&self, name: &'static str, task: S) -> TaskHandle<F::Output>
    where
        S: FnOnce(Draining) -> F,
        F: IntoFuture,
        F::IntoFuture: Send + 'static,
        F::Output: TaskOutput + Send + 'static,
    {
        self.task(name).spawn(task)
    }

    /// Describes a task of this scope: one that may end, a local or a blocking one, or a future for another executor.
    #[track_caller]
    pub fn task(&self, name: &'static str) -> Task {
        Task::new(name).of_scope(&self.core)
    }

    /// Registers an async hook of this scope. See [`register`](crate::register()). Reports name it with the scope:
    /// `listener/say goodbye`.
    ///
    /// # Errors
    /// The same as [`register`](crate::register()). The phases of a scope that was stopped are over.
    #[track_caller]
    pub fn register<F, Fut>(
        &self,
        name: impl Into<Cow<'static, str>>,
        settings: HookSettings,
        hook: F,
    ) -> Result<Registration, RegisterError>
    where
        F: FnOnce(HookContext) -> Fut + Send + 'static,
        Fut: Future<Output: HookOutput> + Send + 'static,
    {
        register::register_in(&self.core, &name.into(), settings, hook, Location::caller())
    }

    /// Registers a sync hook of this scope. See [`register_sync`](crate::register_sync()).
    ///
    /// # Errors
    /// The same as [`register`](Self::register).
    #[track_caller]
    pub fn register_sync<F, R>(
        &self,
        name: impl Into<Cow<'static, str>>,
        settings: HookSettings,
        hook: F,
    ) -> Result<Registration, RegisterError>
    where
        F: FnOnce(HookContext) -> R + Send + 'static,
        R: HookOutput,
    {
        register::register_sync_in(&self.core, &name.into(), settings, hook, Location::caller())
    }

    /// Stops this scope and the scopes inside it. The future resolves with the report when they have ended.
    ///
    /// The shutdown starts with this call, and goes on if the future is dropped. It ends at the latest at the deadline of
    /// its [grace period](Self::grace_period). A second call waits for the same end and gets the same report, and so does
    /// a call for a scope inside a scope that was stopped. The exit code in the report is that of a process that would
    /// end so; this process goes on.
    ///
    /// # Errors
    /// The future resolves with an error, and the call has no effect, if
    /// - a task, a hook or a server of the scope makes this call: it would wait for itself. Call
    ///   [`request_shutdown`](Self::request_shutdown) there, and return;
    /// - the process is shutting down, which stops the scope, too;
    /// - the system refuses a thread or a descriptor. Everything stays as it is.
    #[track_caller]
    pub fn shut_down(&self) -> ScopeEnded {
        let caller = Location::caller();
        let label = format!("shut_down at {}:{}", caller.file(), caller.line());
        let is_waiting_for_itself = drain::is_inside(self.core.drain());
        let begun = if is_waiting_for_itself {
            Err(ScopeError::Inside { scope: self.path().to_owned() })
        } else {
            self.core.begin(Trigger::Request { label }).map(|_| ())
        };
        ScopeEnded { core: Arc::clone(&self.core), entry: None, refused: begun.err() }
    }

    /// Stops this scope and the scopes inside it, and returns at once. May be called by the scope's own work.
    ///
    /// The report shows `label` as the reason. Does nothing if the scope is being stopped already.
    ///
    /// # Errors
    /// The same as for [`shut_down`](Self::shut_down), but for the first.
    pub fn request_shutdown(&self, label: impl Into<String>) -> Result<(), ScopeError> {
        self.core.begin(Trigger::Request { label: label.into() }).map(|_| ())
    }

    /// Resolves with the report when the scope was stopped alone or with a scope around it, by any caller.
    ///
    /// Never resolves with an error. Does not resolve if the process shuts down and includes the scope: wait for
    /// [`draining`](Self::draining) as well.
    pub fn ended(&self) -> ScopeEnded {
        ScopeEnded { core: Arc::clone(&self.core), entry: None, refused: None }
    }
}

/// The future of [`Scope::shut_down`] and [`Scope::ended`].
///
/// It is `Unpin`, and may be polled again after it has resolved. Dropping it has no effect on the shutdown.
#[must_use = "the shutdown of the scope goes on without this future, and its report is lost: add `.await`"]
pub struct ScopeEnded {
    core: Arc<ScopeCore>,
    /// The place in the list of futures that wait. Set by the first poll.
    entry: Option<WaiterEntry>,
    refused: Option<ScopeError>,
}

impl fmt::Debug for ScopeEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeEnded").field("refused", &self.refused).finish_non_exhaustive()
    }
}

impl Future for ScopeEnded {
    type Output = Result<Report, ScopeError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { core, entry, refused } = &mut *self;
        if let Some(error) = refused {
            return Poll::Ready(Err(error.clone()));
        }
        let report = ready!(core.report().poll(entry, context.waker()));
        Poll::Ready(Ok((*report).clone()))
    }
}

impl Drop for ScopeEnded {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.core.report().remove(entry);
        }
    }
}
