//! Runs tasks that the program cannot do without: if one fails, panics or ends too early, the shutdown starts.
//!
//! tokio-graceful-shutdown has the idea: a subsystem that fails stops the program.

use std::fmt::Debug;
use std::future::{Future, IntoFuture};
use std::panic::{Location, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::runtime;
use tokio::task::{AbortHandle, JoinError, JoinHandle};

use crate::drain::sites::{self, Site, SiteId};
use crate::drain::{self, Draining, InFlight};
use crate::install::error_text::ErrorText;
use crate::install::handle::{Handle, INSTALLED};
use crate::install::scope::lifecycle::ScopeCore;
use crate::install::serve::warn_if_not_installed;
use crate::install::settings::is_in_test_binary;
use crate::report::Report;
use crate::telemetry::log_line::{Level, write_message};
use crate::trigger::{Message, Trigger};
use crate::user_code::catch_payload;

/// Spawns a task that the program cannot do without, such as a consumer or a server.
///
/// If the task returns an error, panics, or ends before a shutdown has begun, the shutdown starts. The report names the
/// task in its first line, and the process exits with code 1, or 101 after a panic. The drain phase waits until the
/// task has ended, as with [`serve`](crate::serve()).
///
/// This is short for [`Task::new(name).spawn(task)`](Task::spawn). [`Task`] has what else there is: tasks that may end,
/// local tasks, blocking work, and futures for other executors.
///
/// ```
/// # async fn next_order() -> std::io::Result<u32> { Ok(1) }
/// # async fn run() {
/// on_shutdown::spawn("orders", |mut draining| async move {
///     loop {
///         tokio::select! {
///             () = &mut draining => return Ok(()),
///             // A broker that is gone ends the program, and the platform starts it again.
///             order = next_order() => println!("order {}", order?),
///         }
///     }
///     # #[allow(unreachable_code)]
///     # Ok::<(), std::io::Error>(())
/// });
/// # }
/// ```
///
/// # Panics
/// There is no tokio runtime: neither around the caller nor around `main`.
#[track_caller]
pub fn spawn<S, F>(name: &'static str, task: S) -> TaskHandle<F::Output>
where
    S: FnOnce(Draining) -> F,
    F: IntoFuture,
    F::IntoFuture: Send + 'static,
    F::Output: TaskOutput + Send + 'static,
{
    Task::new(name).spawn(task)
}

/// Describes a task that the program cannot do without. [`spawn`] is the short form.
///
/// From the call that takes the work until the work ends, the task is work in flight: the drain phase waits for it, as
/// with [`serve`](crate::serve()).
///
/// | the task | before a shutdown | during a shutdown |
/// |---|---|---|
/// | returns an error | starts the shutdown; exit code 1 | is in the report; exit code 1 |
/// | panics | starts the shutdown; exit code 101 | is in the report; exit code 101 |
/// | ends without an error | starts the shutdown, exit code 1, unless it [may end](Self::may_end) or has requested the shutdown itself | is expected |
/// | is aborted or dropped | nothing: the program has decided so | nothing |
///
/// If several tasks fail, the first one determines the exit code, and the report names all (at most
/// [`Report::MAX_LATER_TRIGGERS`]). Of two tasks that depend on each other, either may be the first to end. A task that fails before the shutdown is installed starts the shutdown as soon as it
/// is installed. Without an install, a line on stderr is all that happens.
///
/// `name` groups tasks in the report, like the name of [`in_flight`](crate::in_flight()). Two tasks may have the same
/// name. The report also names the location of the call of [`new`](Self::new).
///
/// A task that should be restarted needs a loop of its own around what fails, or a crate for retries with backoff, inside
/// the task. What leaves the task is what the program does not recover from.
///
/// With `panic = "abort"` a panic ends the process at once.
#[derive(Clone, Debug)]
#[must_use = "a description does nothing: call `spawn` or one of the other methods that take the work"]
pub struct Task {
    name: &'static str,
    location: &'static Location<'static>,
    may_end: bool,
    scope: Option<Arc<ScopeCore>>,
}

impl Task {
    /// Describes a task of this name.
    #[track_caller]
    #[inline]
    pub fn new(name: &'static str) -> Self {
        Self { name, location: Location::caller(), may_end: false, scope: None }
    }

    /// Makes the task one of a scope.
    pub(super) fn of_scope(self, scope: &Arc<ScopeCore>) -> Self {
        Self { scope: Some(Arc::clone(scope)), ..self }
    }

    /// Declares that the task may end without an error at any time, such as an import at the start of the program.
    ///
    /// Default: a task that ends before a shutdown has begun is a failure.
    pub fn may_end(mut self) -> Self {
        self.may_end = true;
        self
    }

    /// Spawns an async task on the current tokio runtime, or on the runtime of `main` if there is no current one.
    ///
    /// The future must end soon after its [`Draining`] resolves.
    ///
    /// # Panics
    /// There is no such runtime.
    #[track_caller]
    #[inline]
    pub fn spawn<S, F>(self, task: S) -> TaskHandle<F::Output>
    where
        S: FnOnce(Draining) -> F,
        F: IntoFuture,
        F::IntoFuture: Send + 'static,
        F::Output: TaskOutput + Send + 'static,
    {
        warn_if_not_installed("spawn", self.name, self.location);
        let runtime = self.runtime();
        TaskHandle(runtime.spawn(self.wrap(task)))
    }

    /// Spawns an async task that is not `Send` on the current [`LocalSet`](tokio::task::LocalSet). Otherwise as
    /// [`spawn`](Self::spawn).
    ///
    /// # Panics
    /// The caller does not run inside a `LocalSet`.
    #[track_caller]
    pub fn spawn_local<S, F>(self, task: S) -> TaskHandle<F::Output>
    where
        S: FnOnce(Draining) -> F,
        F: IntoFuture,
        F::IntoFuture: 'static,
        F::Output: TaskOutput + 'static,
    {
        warn_if_not_installed("spawn_local", self.name, self.location);
        TaskHandle(tokio::task::spawn_local(self.wrap(task)))
    }

    /// Runs blocking work on a thread of the tokio runtime, which is found as with [`spawn`](Self::spawn).
    ///
    /// The work must end soon after [`is_draining`](crate::is_draining) returns true.
    ///
    /// ```
    /// # fn next_job() -> Option<u32> { None }
    /// # async fn run() {
    /// on_shutdown::Task::new("encoder").spawn_blocking(|| {
    ///     while !on_shutdown::is_draining() {
    ///         // Waits for a job for at most 100 ms.
    ///         if let Some(job) = next_job() {
    ///             println!("job {job}");
    ///         }
    ///     }
    /// });
    /// # }
    /// ```
    ///
    /// # Panics
    /// There is no such runtime. A thread of the standard library needs none; see [`wrap_fn`](Self::wrap_fn).
    #[track_caller]
    pub fn spawn_blocking<T>(self, work: impl FnOnce() -> T + Send + 'static) -> TaskHandle<T>
    where
        T: TaskOutput + Send + 'static,
    {
        warn_if_not_installed("spawn_blocking", self.name, self.location);
        let runtime = self.runtime();
        TaskHandle(runtime.spawn_blocking(self.wrap_fn(work)))
    }

    /// Makes the task a future, for executors other than tokio, or for a task that awaits it.
    ///
    /// ```
    /// # async fn accept() {}
    /// # async fn run() {
    /// let acceptor = on_shutdown::Task::new("acceptor").wrap(|draining| async move {
    ///     tokio::select! {
    ///         () = draining => {}
    ///         () = accept() => {}
    ///     }
    /// });
    /// acceptor.await;
    /// # }
    /// ```
    #[inline]
    pub fn wrap<S, F>(self, task: S) -> TaskFuture<F::IntoFuture>
    where
        S: FnOnce(Draining) -> F,
        F: IntoFuture,
        F::Output: TaskOutput,
    {
        let draining = match &self.scope {
            Some(scope) => drain::draining_of(scope.drain()),
            None => drain::draining(),
        };
        let watch = self.watch();
        let in_flight = Some(watch.in_flight());
        TaskFuture { future: task(draining).into_future(), in_flight, watch }
    }

    /// Makes the task a function, for threads and thread pools.
    ///
    /// ```
    /// std::thread::spawn(on_shutdown::Task::new("watcher").wrap_fn(|| {
    ///     while !on_shutdown::is_draining() {
    ///         // Looks for changes.
    ///         # break;
    ///     }
    /// }));
    /// ```
    #[must_use = "the work does not run: pass the function to a thread"]
    pub fn wrap_fn<T: TaskOutput>(self, work: impl FnOnce() -> T) -> impl FnOnce() -> T {
        let watch = self.watch();
        let in_flight = watch.in_flight();
        move || {
            let inside = in_flight.enter();
            let result = catch_payload(work);
            drop(inside);
            let output = watch.note_end(result);
            // Last: the drain phase may end now, and the shutdown needs the message before it ends.
            drop(in_flight);
            output.unwrap_or_else(|payload| resume_unwind(payload))
        }
    }

    /// Returns what watches the end of the task.
    #[inline]
    fn watch(self) -> Watch {
        let Self { name, location, may_end, scope } = self;
        let site = match &scope {
            Some(scope) => scope.drain().site_id(name, location),
            None => sites::id(Site { name, location }),
        };
        Watch { site, may_end, scope }
    }

    #[track_caller]
    #[expect(clippy::panic, reason = "on the caller's thread, as `tokio::spawn` does: the task could never run")]
    #[inline]
    fn runtime(&self) -> runtime::Handle {
        let of_main = || INSTALLED.get().and_then(Handle::program_runtime).cloned();
        if let Some(runtime) = runtime::Handle::try_current().ok().or_else(of_main) {
            return runtime;
        }
        // Not in a closure, which would hide the location of the caller.
        panic!(
            "task {}: there is no tokio runtime here; spawn it in async code, or on a thread: \
             `std::thread::spawn(Task::new({:?}).wrap_fn(..))`",
            self.name, self.name
        )
    }
}

/// Watches the end of a task. Small, because every task moves it.
#[derive(Debug)]
struct Watch {
    site: SiteId,
    may_end: bool,
    scope: Option<Arc<ScopeCore>>,
}

impl Watch {
    #[inline]
    fn in_flight(&self) -> InFlight {
        match &self.scope {
            Some(scope) => drain::in_flight_in(scope.drain(), self.site),
            None => drain::in_flight_at(self.site),
        }
    }

    /// Starts the shutdown if the task has failed or ended too early. Returns the output, or the payload of a panic.
    #[inline]
    fn note_end<T: TaskOutput, P>(&self, result: Result<T, (String, P)>) -> Result<T, P> {
        match result {
            // First: most tasks of a program that spawns many end so.
            Ok(output) if self.may_end && !output.is_error() => Ok(output),
            Ok(output) => {
                let failure = self.failure(&output);
                failure.into_iter().for_each(|failure| self.report_failure(failure));
                Ok(output)
            }
            Err((message, payload)) => {
                let (name, file, line) = self.source();
                self.report_failure(Trigger::TaskPanicked { name, file, line, message });
                Err(payload)
            }
        }
    }

    /// Returns the trigger for a task that ended with this output, if that is a failure.
    fn failure(&self, output: &impl TaskOutput) -> Option<Trigger> {
        let error = output.error_text();
        if error.is_none() && self.may_end {
            return None;
        }
        let (name, file, line) = self.source();
        Some(match error {
            Some(ErrorText { line: error, details }) => Trigger::TaskFailed { name, file, line, error, details },
            // The state ignores it if a shutdown has begun by then.
            None => Trigger::TaskEnded { name, file, line },
        })
    }

    /// Starts the shutdown of the scope that contains the failure, otherwise that of the process.
    fn report_failure(&self, failure: Trigger) {
        let for_process = match &self.scope {
            Some(scope) => scope.receive_failure(failure),
            None => Some(failure),
        };
        for_process.into_iter().for_each(start_shutdown);
    }

    /// Returns the name of the task, with the path of its scope, and where it was made.
    fn source(&self) -> (String, String, u32) {
        match sites::site(self.site) {
            Some(Site { name, location }) => (name.to_owned(), location.file().to_owned(), location.line()),
            None => {
                debug_assert!(false, "a number is that of a site");
                (String::new(), String::new(), 0)
            }
        }
    }
}

/// A type that a [`Task`] may return: `()`, a `Result` whose error implements `Debug`, or `!` for a loop without end.
#[diagnostic::on_unimplemented(
    message = "a task cannot return `{Self}`",
    label = "return `()` or a `Result`: an error of the task starts the shutdown"
)]
pub trait TaskOutput: private::Sealed {
    #[doc(hidden)]
    fn error_text(&self) -> Option<ErrorText>;
    #[doc(hidden)]
    fn is_error(&self) -> bool;
}

impl TaskOutput for () {
    fn error_text(&self) -> Option<ErrorText> {
        None
    }

    fn is_error(&self) -> bool {
        false
    }
}

impl<T, E: Debug> TaskOutput for Result<T, E> {
    fn error_text(&self) -> Option<ErrorText> {
        self.as_ref().err().map(ErrorText::of)
    }

    fn is_error(&self) -> bool {
        self.is_err()
    }
}

impl TaskOutput for private::Never {
    fn error_text(&self) -> Option<ErrorText> {
        match *self {}
    }

    fn is_error(&self) -> bool {
        match *self {}
    }
}

mod private {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<T, E> Sealed for Result<T, E> {}
    impl Sealed for Never {}

    pub trait Function {
        type Output;
    }
    impl<T> Function for fn() -> T {
        type Output = T;
    }
    /// The type `!`, which has no stable name outside of the return type of a function.
    pub(super) type Never = <fn() -> ! as Function>::Output;
}

pin_project! {
    /// The future of [`Task::wrap`]. Starts the shutdown if the task fails, panics or ends too early.
    #[derive(Debug)]
    #[must_use = "the task does not run unless this future is polled: add `.await`, or spawn it"]
    pub struct TaskFuture<F> {
        #[pin]
        future: F,
        in_flight: Option<InFlight>,
        watch: Watch,
    }
}

impl<F: Future<Output: TaskOutput>> Future for TaskFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        // A `main` that awaits a task has something to do after it, as with a server.
        drain::note_question();
        let inside = this.in_flight.as_ref().and_then(InFlight::enter);
        let polled = catch_payload(|| this.future.poll(context));
        drop(inside);
        let result = match polled {
            Ok(polled) => Ok(ready!(polled)),
            Err(panic) => Err(panic),
        };
        let output = this.watch.note_end(result);
        // Last: the drain phase may end now, and the shutdown needs the message before it ends.
        *this.in_flight = None;
        Poll::Ready(output.unwrap_or_else(|payload| resume_unwind(payload)))
    }
}

/// The handle of a spawned [`Task`]. As a future it resolves with the output of the task, or with an error if the task
/// panicked or was aborted.
///
/// Dropping the handle detaches the task, which goes on. A `main` that awaits the handle has something to do after it,
/// and is work in flight, as with [`draining`](crate::draining).
#[derive(Debug)]
pub struct TaskHandle<T>(JoinHandle<T>);

impl<T> TaskHandle<T> {
    /// Aborts the task. Its future is dropped, and no failure is reported. Has no effect on blocking work that runs.
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Returns a handle that can abort the task and cannot await it.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        self.0.abort_handle()
    }

    /// Returns whether the task has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Returns tokio's handle of the task. A `main` that awaits this one is not counted as work in flight.
    pub fn into_join_handle(self) -> JoinHandle<T> {
        self.0
    }
}

impl<T> Future for TaskHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        drain::note_question();
        Pin::new(&mut self.0).poll(context)
    }
}

/// The failures of tasks before the install, which sends them. No more than a report keeps.
static EARLIER: Mutex<Vec<Trigger>> = Mutex::new(Vec::new());

fn earlier_failures() -> MutexGuard<'static, Vec<Trigger>> {
    EARLIER.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start_shutdown(failure: Trigger) {
    // Locked before the look: the install looks at the list after it has set the handle, so one of the two sends it.
    let mut earlier = earlier_failures();
    if let Some(handle) = INSTALLED.get() {
        drop(earlier);
        return handle.send(Message::Trigger(failure));
    }
    let line = format!("{failure}; no shutdown is installed, so the program goes on");
    if earlier.len() < Report::MAX_LATER_TRIGGERS {
        earlier.push(failure);
    }
    drop(earlier);
    if !is_in_test_binary() {
        write_message(Level::Error, line);
    }
}

/// Sends the failures of tasks that ended before the shutdown was installed.
pub(super) fn send_earlier_failures(handle: &Handle) {
    // In a statement of its own, which releases the lock.
    let earlier = std::mem::take(&mut *earlier_failures());
    earlier.into_iter().for_each(|failure| handle.send(Message::Trigger(failure)));
}
