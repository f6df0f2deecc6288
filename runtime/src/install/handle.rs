//! Beside station 9: what the program holds of its shutdown, and what it may say to it.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use crate::hook::registry::{AlreadyProvidedError, Provided};
use crate::output::final_report::FinalReport;
use crate::plan::Plan;
use crate::report::Report;
use crate::run::Run;
use crate::trigger::{Inbox, Message, Trigger};

pub(crate) static INSTALLED: OnceLock<Handle> = OnceLock::new();

/// The shutdown of this program, once it is installed. Clones are the same shutdown.
#[derive(Clone)]
pub struct Handle {
    run: Arc<Run>,
    inbox: Arc<Inbox>,
    report: Arc<FinalReport>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("plan", &self.plan()).finish_non_exhaustive()
    }
}

impl Handle {
    pub(crate) fn new(run: Arc<Run>, inbox: Arc<Inbox>, report: Arc<FinalReport>) -> Self {
        Self { run, inbox, report }
    }

    /// Everything that the shutdown would do now, with the hooks that are registered at this moment.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.run.plan()
    }

    /// Starts the shutdown, with a word on why for the report. During one it is later_triggers, and changes nothing.
    ///
    /// Returns at once.
    pub fn request_shutdown(&self, label: impl Into<String>) {
        self.send(Message::Trigger(Trigger::Request { label: label.into() }));
    }

    /// Starts the shutdown, and asks for this exit code. During one only the code counts, and the first one asked for.
    ///
    /// Returns at once: nothing is lost that runs after it and before the end.
    pub fn request_exit(&self, code: u8) {
        self.send(Message::Exit(code));
    }

    pub(crate) fn send(&self, note: Message) {
        self.inbox.send(note);
    }

    /// Resolves with the report when all hooks have run, with [`ExitMode::Return`](crate::ExitMode::Return); with the
    /// other endings the process ends instead. Cancel-safe.
    pub fn ended(&self) -> impl Future<Output = Report> + Send + Sync + 'static {
        Arc::clone(&self.report).wait()
    }

    /// Blocks until [`ended`](Self::ended) resolves. Not for async code.
    #[must_use]
    pub fn wait(&self) -> Report {
        block_on(self.ended())
    }
}

/// The program has not called [`Settings::install`](crate::Settings::install) yet, and has no `#[on_shutdown::main]`.
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

/// Starts the shutdown, from anywhere in the program; see [`Handle::request_shutdown`].
///
/// # Errors
/// None is installed.
pub fn request_shutdown(label: impl Into<String>) -> Result<(), NotInstalledError> {
    INSTALLED.get().map(|handle| handle.request_shutdown(label)).ok_or(NotInstalledError)
}

/// Starts the shutdown and asks for an exit code, from anywhere in the program; see [`Handle::request_exit`].
///
/// # Errors
/// None is installed.
pub fn request_exit(code: u8) -> Result<(), NotInstalledError> {
    INSTALLED.get().map(|handle| handle.request_exit(code)).ok_or(NotInstalledError)
}

/// Gives hooks a value, which they take by a parameter of its type: `T`, `&T` or `Option<T>`.
///
/// May be called before install, in libraries, and during a shutdown for hooks that have not started.
///
/// # Errors
/// A value of the type was provided before; that one stays. Wrap one of the two in a type of its own, or call
/// [`replace_provided`].
#[track_caller]
pub fn provide<T: Clone + Any + Send + Sync>(value: T) -> Result<(), AlreadyProvidedError> {
    Provided::global().add(value, Location::caller())
}

/// As [`provide`], but replaces the value that was provided before, if there was one.
#[track_caller]
pub fn replace_provided<T: Clone + Any + Send + Sync>(value: T) {
    Provided::global().replace(value, Location::caller());
}

/// Blocks this thread on a future that needs no runtime; works inside one, too.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
