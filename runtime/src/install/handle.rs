//! Defines the handle of the installed shutdown, and the free functions that work without one.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use once_cell::sync::OnceCell;

use crate::drain;
use crate::exit::{self, ExitMode};
use crate::hook::registry::{AlreadyProvidedError, Provided};
use crate::os;
use crate::output::final_report::{Ended, FinalReport, WaitForReport};
use crate::plan::Plan;
use crate::report::Report;
use crate::run::Run;
use crate::telemetry::Output;
use crate::trigger::{Inbox, Message, Trigger};

/// The shutdown of this program. Set once, by the first `install` that succeeds.
// Not the standard library's cell: a failed install must leave the way free, and its `get_or_try_init` is unstable.
pub(crate) static INSTALLED: OnceCell<Handle> = OnceCell::new();

/// Gives access to the installed shutdown of this program. All clones refer to the same shutdown.
///
/// The [`ShutdownGuard`](crate::ShutdownGuard) of [`Settings::install`](crate::Settings::install) dereferences to it, and
/// `guard.clone()` is a handle. Dropping a handle does not stop or remove the shutdown.
///
/// ```no_run
/// use on_shutdown::{ExitMode, Settings};
///
/// let guard = Settings::new().exit_mode(ExitMode::Return).install()?;
/// println!("{}", guard.plan());
///
/// let stopper = guard.clone();
/// std::thread::spawn(move || stopper.request_shutdown("the configuration changed"));
///
/// // Blocks until all hooks have ended.
/// let report = guard.wait();
/// println!("{report}");
/// std::process::exit(report.exit_code.into());
/// # #[allow(unreachable_code)]
/// # Ok::<(), on_shutdown::InstallError>(())
/// ```
#[derive(Clone)]
pub struct Handle {
    run: Arc<Run>,
    inbox: Arc<Inbox>,
    report: Arc<FinalReport>,
    exit_mode: ExitMode,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("plan", &self.plan()).finish_non_exhaustive()
    }
}

impl Handle {
    pub(crate) fn new(run: Arc<Run>, inbox: Arc<Inbox>, report: Arc<FinalReport>, exit_mode: ExitMode) -> Self {
        Self { run, inbox, report, exit_mode }
    }

    pub(super) fn exit_mode(&self) -> ExitMode {
        self.exit_mode
    }

    /// Starts the shutdown because `main` has ended, unless the shutdown is over. On the main thread, also lets the
    /// process continue after the shutdown: `main` still has its error to print, and its exit code to give.
    pub(super) fn end_main(&self, end: Trigger) {
        if os::is_main_thread() {
            self.report.let_main_continue();
        }
        if !self.report.is_set() {
            self.send(Message::Trigger(end));
        }
        // Last: the drain phase may end now, and the shutdown needs the message before it ends.
        drain::end_main();
    }

    /// Blocks until the shutdown is over, and returns its exit code. May be called while the thread's local values are
    /// destroyed.
    pub(super) fn wait_as_main(&self) -> u8 {
        self.run_on_only_thread(&mut thread::sleep);
        block_on(self.wait_for_report()).exit_code
    }

    /// Makes sync hooks run in the context of the program's own runtime; the first one stays.
    pub(super) fn set_program_runtime(&self, runtime: tokio::runtime::Handle) {
        self.run.set_program_runtime(runtime);
    }

    pub(super) fn program_runtime(&self) -> Option<&tokio::runtime::Handle> {
        self.run.program_runtime()
    }

    pub(super) fn output(&self) -> &Arc<Output> {
        self.run.output()
    }

    pub(super) fn run(&self) -> &Arc<Run> {
        &self.run
    }

    pub(super) fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Returns the plan of a shutdown that would start now, with the hooks that are registered at this moment.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.run.plan()
    }

    /// Starts the shutdown. The report shows `label` as its reason.
    ///
    /// Returns at once. If a shutdown is in progress, the request is added to [`Report::later_triggers`] and changes
    /// nothing else.
    pub fn request_shutdown(&self, label: impl Into<String>) {
        self.send(Message::Trigger(Trigger::Request { label: label.into() }));
    }

    /// Starts the shutdown, and sets the exit code of the process.
    ///
    /// Returns at once, unlike [`std::process::exit`]: the process ends when all hooks have ended. If a shutdown is in
    /// progress, only the exit code counts, also in a hook after `main` has returned. The first exit code stays: the
    /// first that is requested, or the code of a `main` that failed (1) or panicked (101) before.
    pub fn request_exit(&self, code: u8) {
        self.send(Message::Exit(code));
    }

    pub(crate) fn send(&self, message: Message) {
        self.inbox.send(message);
    }

    /// Resolves with the report when all hooks have ended.
    ///
    /// Resolves only with [`ExitMode::Return`]. With the other exit modes the process ends
    /// first. Dropping the future has no effect on the shutdown.
    pub fn ended(&self) -> Ended {
        Ended::new(self.wait_for_report())
    }

    /// Blocks the calling thread until all hooks have ended, and returns the report.
    ///
    /// Returns only with [`ExitMode::Return`], as [`ended`](Self::ended) does. In async code,
    /// await `ended` instead: a blocked worker thread delays the program's other tasks.
    #[must_use]
    pub fn wait(&self) -> Report {
        self.run_on_only_thread(&mut thread::sleep);
        (*block_on(self.wait_for_report())).clone()
    }

    /// Resolves with the report, which it shares, when all hooks have ended.
    pub(super) fn wait_for_report(&self) -> WaitForReport {
        Arc::clone(&self.report).wait()
    }

    /// Ends the program as a return from `main` does with `#[on_shutdown::main]`: starts the shutdown, waits until all
    /// hooks have ended, and ends the process with the exit code of the report.
    ///
    /// For the end of a `main` that called [`Settings::install`](crate::Settings::install). If a shutdown is in progress,
    /// waits for its end. With [`ExitMode::Return`], ends the process by [`std::process::exit`],
    /// which runs `atexit` handlers, as a return from `main` does.
    ///
    /// Blocks the calling thread, which drops nothing: the values of the caller are not dropped. Do not call it in a hook,
    /// which would wait for itself until its timeout.
    pub fn finish(&self) -> ! {
        self.send(Message::Trigger(Trigger::MainReturned));
        drain::end_main();
        // With the other exit modes the process ends here.
        let report = self.wait();
        exit::as_main_returns(report.exit_code)
    }
}

/// Returns whether this program has installed a shutdown. Until then no hook runs at the end of the program.
///
/// For libraries: a hook of a library runs only in programs that install a shutdown. `false` before
/// [`Settings::install`](crate::Settings::install) has returned, and in a simulation of the feature `testing`.
///
/// ```
/// struct Log;
///
/// impl Log {
///     fn open() -> Self {
///         if !on_shutdown::is_installed() {
///             eprintln!("the log writes its last lines only if the program calls `flush`");
///         }
///         Self
///     }
/// }
/// # Log::open();
/// ```
#[must_use]
pub fn is_installed() -> bool {
    INSTALLED.get().is_some()
}

/// The error of a function that needs an installed shutdown.
///
/// The program has not called [`Settings::install`](crate::Settings::install) yet, and its `main` has no
/// `#[on_shutdown::main]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotInstalledError;

impl fmt::Display for NotInstalledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no shutdown is installed: put `#[on_shutdown::main]` on `main`, or call `Settings::new().install()` first",
        )
    }
}

impl std::error::Error for NotInstalledError {}

/// Returns the plan of a shutdown that would start now, with the hooks that are registered at this moment.
///
/// See [`Handle::plan`]. [`Plan::drain_time`] is the time for servers that have a limit of their own.
///
/// # Errors
/// No shutdown is installed.
///
/// ```no_run,standalone_crate
/// use on_shutdown::NotInstalledError;
///
/// #[on_shutdown::main]
/// async fn main() -> Result<(), NotInstalledError> {
///     // A server that cuts off connections by itself must do so before the runtime does.
///     let grace = on_shutdown::plan()?.drain_time().saturating_sub(std::time::Duration::from_secs(1));
/// #   let _ = grace;
///     Ok(())
/// }
/// ```
pub fn plan() -> Result<Plan, NotInstalledError> {
    INSTALLED.get().map(Handle::plan).ok_or(NotInstalledError)
}

/// Starts the shutdown from anywhere in the program. The report shows `label` as its reason.
///
/// Returns at once. See [`Handle::request_shutdown`].
///
/// # Errors
/// No shutdown is installed.
///
/// ```
/// use on_shutdown::{NotInstalledError, request_shutdown};
///
/// fn on_lost_lease() -> Result<(), NotInstalledError> {
///     request_shutdown("another replica holds the lease")
/// }
/// # assert!(on_lost_lease().is_err());
/// ```
pub fn request_shutdown(label: impl Into<String>) -> Result<(), NotInstalledError> {
    INSTALLED.get().map(|handle| handle.request_shutdown(label)).ok_or(NotInstalledError)
}

/// Starts the shutdown from anywhere in the program, and sets the exit code of the process.
///
/// Returns at once. See [`Handle::request_exit`].
///
/// # Errors
/// No shutdown is installed.
///
/// ```no_run,standalone_crate
/// use on_shutdown::{NotInstalledError, on_shutdown, request_exit};
///
/// /// The exit code by which the supervisor of this program recognizes a lost lease.
/// const LEASE_LOST: u8 = 75;
///
/// #[on_shutdown]
/// fn stop_consumer() {}
///
/// #[on_shutdown::main]
/// fn main() -> Result<(), NotInstalledError> {
///     // The hooks run, and the process ends with this code.
///     request_exit(LEASE_LOST)
/// }
/// ```
pub fn request_exit(code: u8) -> Result<(), NotInstalledError> {
    INSTALLED.get().map(|handle| handle.request_exit(code)).ok_or(NotInstalledError)
}

/// Provides a value for hooks. A hook takes it by a parameter of type `T`, `&T` or `Option<T>`.
///
/// Each hook gets a clone. May be called before install, in libraries, and during a shutdown; then it reaches the hooks
/// that have not started. A hook whose value is missing is skipped, and the exit code is 70.
///
/// # Errors
/// A value of this type was provided before. That value stays. Wrap one of the two in a type of its own, or call
/// [`replace_provided`].
///
/// ```standalone_crate
/// use on_shutdown::{on_shutdown, provide};
///
/// #[derive(Clone)]
/// struct Pool;
///
/// #[on_shutdown(phase = close)]
/// fn close_pool(pool: &Pool) {
///     let _ = pool;
/// }
///
/// provide(Pool)?;
/// assert!(provide(Pool).is_err(), "one value for each type");
/// # Ok::<(), on_shutdown::AlreadyProvidedError>(())
/// ```
#[track_caller]
pub fn provide<T: Clone + Any + Send + Sync>(value: T) -> Result<(), AlreadyProvidedError> {
    Provided::global().add(value, Location::caller())
}

/// Provides a value for hooks, and replaces a value of the same type that was provided before.
///
/// See [`provide`]. Hooks that have started keep the old value.
#[track_caller]
pub fn replace_provided<T: Clone + Any + Send + Sync>(value: T) {
    Provided::global().replace(value, Location::caller());
}

/// Blocks the calling thread until the future resolves.
///
/// Unlike tokio's `block_on`, this may be called inside an async runtime. The future must not need a runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// A waker of our own. Not `std::thread::park`, which needs values of the thread that may be destroyed already.
    #[derive(Default)]
    struct Woken(Mutex<bool>, Condvar);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.1.notify_one();
        }
    }
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        let mut is_woken = woken.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*is_woken {
            is_woken = woken.1.wait(is_woken).unwrap_or_else(PoisonError::into_inner);
        }
        *is_woken = false;
    }
}
