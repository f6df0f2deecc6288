//! Runs the user's `main` for `#[on_shutdown::main]` and [`Settings::run`], and returns the exit code of the process.
//!
//! `main`, its error and the tasks that it has spawned are user code. If one of them panics or blocks, the hooks run
//! and the process ends.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;

use tokio::runtime::{Builder, Runtime};

use crate::drain;
use crate::exit;
use crate::install::error_text::ErrorText;
use crate::install::handle::Handle;
use crate::install::settings::{InstallError, Settings};
use crate::os;
use crate::run::block_on;
use crate::telemetry::log_line::{Level, write_message};
use crate::trigger::{Message, Trigger};
use crate::user_code::{catch_panic, discard};

/// Selects the async runtime for `main`.
#[derive(Clone, Copy, Debug)]
pub enum Flavor {
    /// Runs all tasks on the main thread.
    CurrentThread,
    /// Runs tasks on worker threads. Needs the feature `rt-multi-thread`.
    #[cfg(feature = "rt-multi-thread")]
    MultiThread {
        /// The number of worker threads. Default: one per CPU.
        worker_threads: Option<usize>,
    },
}

impl Flavor {
    fn build(self) -> std::io::Result<Runtime> {
        // tokio panics in some places if the system refuses a descriptor.
        catch_panic(|| self.try_build()).unwrap_or_else(|message| Err(std::io::Error::other(message)))
    }

    fn try_build(self) -> std::io::Result<Runtime> {
        match self {
            Self::CurrentThread => Builder::new_current_thread().enable_all().build(),
            #[cfg(feature = "rt-multi-thread")]
            Self::MultiThread { worker_threads } => {
                let mut builder = Builder::new_multi_thread();
                if let Some(workers) = worker_threads {
                    builder.worker_threads(workers);
                }
                builder.enable_all().build()
            }
        }
    }
}

/// Describes how `main` ended.
#[derive(Debug)]
pub enum MainEnd {
    /// `main` returned without an error.
    Returned,
    /// `main` returned an exit code other than success.
    Code(u8),
    /// `main` returned an error.
    Failed(ErrorText),
}

/// A type that `main` may return.
#[diagnostic::on_unimplemented(
    message = "`main` cannot return `{Self}`",
    label = "return `()`, an `ExitCode` or a `Result`"
)]
pub trait MainOutput {
    /// Returns how `main` ended.
    fn into_end(self) -> MainEnd;
}

impl MainOutput for () {
    fn into_end(self) -> MainEnd {
        MainEnd::Returned
    }
}

impl MainOutput for ExitCode {
    /// Compares with every possible exit code: `ExitCode` has no method that returns its number.
    fn into_end(self) -> MainEnd {
        match (1..=u8::MAX).find(|code| self == Self::from(*code)) {
            Some(code) => MainEnd::Code(code),
            None => MainEnd::Returned,
        }
    }
}

impl MainOutput for Infallible {
    fn into_end(self) -> MainEnd {
        match self {}
    }
}

impl<T: MainOutput, E: Debug> MainOutput for Result<T, E> {
    fn into_end(self) -> MainEnd {
        match self {
            Ok(output) => output.into_end(),
            Err(error) => {
                let text = ErrorText::of(&error);
                // `main` has failed, also if its error panics when it is dropped.
                discard(error);
                MainEnd::Failed(text)
            }
        }
    }
}

/// Installs the shutdown, runs an async `main` on a new runtime, and waits until all hooks have ended.
///
/// Returns the report's exit code, and only with [`ExitMode::Return`](crate::ExitMode::Return). With the other exit
/// modes the process ends first.
#[track_caller]
pub fn main_async<F, Fut, R>(settings: Settings, flavor: Flavor, main: F) -> ExitCode
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = R>,
    R: MainOutput,
{
    let handle = match settings.install_handle() {
        Ok(handle) => handle,
        Err(error) => return report_install_error(&error),
    };
    // After the install: the handlers must be set before the runtime starts threads that can get a signal.
    match flavor.build() {
        Ok(runtime) => {
            handle.set_program_runtime(runtime.handle().clone());
            if os::HAS_THREADS {
                run_main(&handle, || runtime.block_on(main()));
                // Hooks may wait for tasks of this runtime. A current-thread runtime runs tasks only inside `block_on`.
                block_on(&runtime, pin!(async { drop(handle.wait_for_report().await) }));
            } else {
                handle.run_main_in_turn(&runtime, pin!(run_async_main(&handle, main)));
            }
            // A plain drop would wait without limit for blocking tasks. Both drop tasks, which are user code.
            let dropped = catch_panic(|| runtime.shutdown_background());
            if let Err(message) = dropped {
                write_message(Level::Warn, format_args!("a task of `main` panicked when it was dropped: {message}"));
            }
        }
        Err(error) => {
            write_message(Level::Error, format_args!("the system refused the async runtime of `main`: {error}"));
            // The shutdown is installed, so its hooks run. They may have work without a `main`.
            handle.request_exit(exit::OS_ERROR);
        }
    }
    // At once, if the runtime of `main` has waited already.
    ExitCode::from(handle.wait_as_main())
}

impl Settings {
    /// Installs the shutdown, runs `main`, and waits until all hooks have ended.
    ///
    /// `#[on_shutdown::main]` on a sync function expands to this call. `main` returns `()`, an [`ExitCode`], or a `Result`
    /// of one of these whose error implements `Debug`. It may end by a return, an error or a panic, before or during a
    /// shutdown. In each case the hooks run, and the process ends with the exit code of the report: 1 if `main` failed,
    /// 101 if it panicked.
    ///
    /// With [`ExitMode::Return`](crate::ExitMode::Return), this function returns the exit code of the report. With the
    /// other exit modes the process ends first. If [`install`](Self::install) fails, `main` does not run. The error is
    /// written to stderr, and this function returns its [`exit_code`](InstallError::exit_code).
    ///
    /// ```no_run
    /// use std::process::ExitCode;
    /// use std::time::Duration;
    ///
    /// fn main() -> ExitCode {
    ///     let settings = on_shutdown::Settings::new().grace_period(Duration::from_secs(25));
    ///     settings.run(|| -> std::io::Result<()> {
    ///         let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    ///         runtime.block_on(on_shutdown::serve("server", |draining| draining));
    ///         Ok(())
    ///     })
    /// }
    /// ```
    #[track_caller]
    #[must_use = "return the exit code from `main`"]
    pub fn run<F, R>(self, main: F) -> ExitCode
    where
        F: FnOnce() -> R,
        R: MainOutput,
    {
        let handle = match self.install_handle() {
            Ok(handle) => handle,
            Err(error) => return report_install_error(&error),
        };
        run_main(&handle, main);
        ExitCode::from(handle.wait_as_main())
    }
}

/// Runs `main`, catches its panic, and sends its end to the shutdown.
fn run_main<R: MainOutput>(handle: &Handle, main: impl FnOnce() -> R) {
    send_end(handle, catch_panic(|| main().into_end()));
}

/// Does the same for an async `main`.
async fn run_async_main<F, Fut, R>(handle: &Handle, main: F)
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = R>,
    R: MainOutput,
{
    let mut main = pin!(async { main().await.into_end() });
    let guarded = poll_fn(|context| match catch_panic(|| main.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(message) => Poll::Ready(Err(message)),
    });
    send_end(handle, guarded.await);
}

/// Sends the end of `main` to the shutdown. The error is the message of a panic.
fn send_end(handle: &Handle, end: Result<MainEnd, String>) {
    handle.send(match end {
        Ok(MainEnd::Returned) => Message::Trigger(Trigger::MainReturned),
        // Not a trigger of its own: the code is the program's, also if hooks fail.
        Ok(MainEnd::Code(code)) => Message::Exit(code),
        Ok(MainEnd::Failed(ErrorText { line, details })) => {
            Message::Trigger(Trigger::MainFailed { error: line, details })
        }
        Err(message) => Message::Trigger(Trigger::MainPanicked { message }),
    });
    // Last: the drain phase may end now, and the shutdown needs the message before it ends.
    drain::end_main();
}

/// Writes the error to stderr, and returns its exit code.
fn report_install_error(error: &InstallError) -> ExitCode {
    write_message(Level::Error, error);
    ExitCode::from(error.exit_code())
}
