//! Beside station 9: what `#[on_shutdown::main]` calls; the user's `main` in, the note that it ended out.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::Future;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};

use crate::console;
use crate::exit;
use crate::handle::Handle;
use crate::hook::catch_panic;
use crate::settings::{InstallError, Settings};
use crate::trigger::{Note, Trigger};

/// The async runtime around `main`.
#[derive(Clone, Copy, Debug)]
pub enum Flavor {
    /// All on the main thread.
    CurrentThread,
    /// Needs the feature `rt-multi-thread`.
    #[cfg(feature = "rt-multi-thread")]
    MultiThread {
        /// How many workers; one per CPU where nothing is said.
        worker_threads: Option<usize>,
    },
}

impl Flavor {
    fn build(self) -> std::io::Result<Runtime> {
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

/// How `main` ended.
#[derive(Debug)]
pub enum MainEnd {
    /// Without an error.
    Returned,
    /// With an exit code that is none of success.
    Code(u8),
    /// With an error.
    Failed(String),
}

/// What `main` may return.
#[diagnostic::on_unimplemented(
    message = "`main` cannot return `{Self}`",
    label = "return `()`, an `ExitCode` or a `Result`"
)]
pub trait MainOutput {
    /// How `main` ended, by this value.
    fn into_end(self) -> MainEnd;
}

impl MainOutput for () {
    fn into_end(self) -> MainEnd {
        MainEnd::Returned
    }
}

impl MainOutput for ExitCode {
    /// The type keeps its number to itself, but tells whether it equals another.
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
            Err(error) => MainEnd::Failed(format!("{error:?}")),
        }
    }
}

/// Installs, runs an async `main` on a runtime of its own, and waits for the end of the process.
pub fn main_async<F, Fut, R>(settings: Settings, flavor: Flavor, main: F) -> ExitCode
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = R>,
    R: MainOutput,
{
    let handle = match settings.install() {
        Ok(handle) => handle,
        Err(error) => return refuse(&error),
    };
    match flavor.build() {
        Ok(runtime) => {
            handle.send(note_of(|| runtime.block_on(main())));
            // Hooks may wait for tasks of this runtime, which on a single thread go on only while it is driven.
            runtime.block_on(handle.ended());
        }
        Err(error) => {
            console::line(format_args!("the system refused the async runtime of `main`: {error}"));
            handle.exit(exit::OS_ERROR);
            let _ = handle.wait();
        }
    }
    ExitCode::FAILURE
}

/// Installs, runs a sync `main`, and waits for the end of the process.
pub fn main_sync<F, R>(settings: Settings, main: F) -> ExitCode
where
    F: FnOnce() -> R,
    R: MainOutput,
{
    let handle = match settings.install() {
        Ok(handle) => handle,
        Err(error) => return refuse(&error),
    };
    wait_for_end(&handle, note_of(main))
}

fn wait_for_end(handle: &Handle, note: Note) -> ExitCode {
    handle.send(note);
    let _ = handle.wait();
    ExitCode::FAILURE
}

fn note_of<R: MainOutput>(main: impl FnOnce() -> R) -> Note {
    match catch_panic(|| main().into_end()) {
        Ok(MainEnd::Returned) => Note::Trigger(Trigger::MainReturned),
        Ok(MainEnd::Code(code)) => Note::Exit(code),
        Ok(MainEnd::Failed(error)) => Note::Trigger(Trigger::MainFailed { error }),
        Err(message) => Note::Trigger(Trigger::MainPanicked { message }),
    }
}

fn refuse(error: &InstallError) -> ExitCode {
    console::line(error);
    ExitCode::from(exit::CONFIG)
}
