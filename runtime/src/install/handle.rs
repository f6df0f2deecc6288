//! Beside station 9: what the program holds of its shutdown, and what it may say to it.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tokio::sync::watch;

use crate::plan::Plan;
use crate::hook::registry::{AlreadyProvided, Provided};
use crate::report::Report;
use crate::run::Run;
use crate::trigger::{Mailbox, Note, Trigger};

pub(crate) static INSTALLED: OnceLock<Handle> = OnceLock::new();

/// The shutdown of this program, once it is installed. Clones are the same shutdown.
#[derive(Clone)]
pub struct Handle {
    run: Arc<Run>,
    mailbox: Arc<Mailbox>,
    ended: watch::Receiver<Option<Report>>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("plan", &self.plan()).finish_non_exhaustive()
    }
}

impl Handle {
    pub(crate) fn new(run: Arc<Run>, mailbox: Arc<Mailbox>, ended: watch::Receiver<Option<Report>>) -> Self {
        Self { run, mailbox, ended }
    }

    /// Everything that the shutdown would do now, with the hooks that are registered at this moment.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.run.plan()
    }

    /// Starts the shutdown, with a word on why for the report. During one it is noted, and changes nothing.
    ///
    /// Returns at once.
    pub fn request(&self, label: impl Into<String>) {
        self.send(Note::Trigger(Trigger::Request { label: label.into() }));
    }

    /// Starts the shutdown, and asks for this exit code. During one only the code counts, and the first one asked for.
    ///
    /// Returns at once: nothing is lost that runs after it and before the end.
    pub fn exit(&self, code: u8) {
        self.send(Note::Exit(code));
    }

    pub(crate) fn send(&self, note: Note) {
        self.mailbox.send(note);
    }

    /// Resolves with the report when all hooks have run, with [`Ending::Return`](crate::Ending::Return); with the
    /// other endings the process ends instead. Cancel-safe.
    pub fn ended(&self) -> impl Future<Output = Report> + Send + Sync + 'static {
        let mut ended = self.ended.clone();
        async move {
            match ended.wait_for(Option::is_some).await.map(|report| report.clone()) {
                Ok(Some(report)) => report,
                // Its sender lives as long as the shutdown, and so does this handle.
                Ok(None) | Err(_) => std::future::pending().await,
            }
        }
    }

    /// Blocks until [`ended`](Self::ended) resolves. Not for async code.
    #[must_use]
    pub fn wait(&self) -> Report {
        block_on(self.ended())
    }
}

/// The program has not called [`Settings::install`](crate::Settings::install) yet, and has no `#[on_shutdown::main]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotInstalled;

impl fmt::Display for NotInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "no shutdown is installed: put `#[on_shutdown::main]` on `main`, or call `Settings::new().install()` first",
        )
    }
}

impl std::error::Error for NotInstalled {}

/// Starts the shutdown, from anywhere in the program; see [`Handle::request`].
///
/// # Errors
/// None is installed.
pub fn request(label: impl Into<String>) -> Result<(), NotInstalled> {
    INSTALLED.get().map(|handle| handle.request(label)).ok_or(NotInstalled)
}

/// Starts the shutdown and asks for an exit code, from anywhere in the program; see [`Handle::exit`].
///
/// # Errors
/// None is installed.
pub fn exit(code: u8) -> Result<(), NotInstalled> {
    INSTALLED.get().map(|handle| handle.exit(code)).ok_or(NotInstalled)
}

/// Gives hooks a value, which they take by a parameter of its type: `T`, `&T` or `Option<T>`.
///
/// May be called before install, in libraries, and during a shutdown for hooks that have not started.
///
/// # Errors
/// A value of the type was provided before; that one stays. Wrap one of the two in a type of its own, or call
/// [`provide_instead`].
#[track_caller]
pub fn provide<T: Clone + Any + Send + Sync>(value: T) -> Result<(), AlreadyProvided> {
    Provided::global().add(value, Location::caller())
}

/// As [`provide`], but replaces the value that was provided before, if there was one.
#[track_caller]
pub fn provide_instead<T: Clone + Any + Send + Sync>(value: T) {
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
