//! Station 9, the road: settings in; the thread that waits for a trigger and then calls stations 2 to 8 in order out.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::{any::Any, fmt, pin::pin};

// `OnceLock::get_or_try_init` is not stable: an install that fails must leave the way free for another.
use once_cell::sync::OnceCell;
use tokio::sync::watch;

use crate::advice::advice;
use crate::console;
use crate::exit::{self, LastResort};
use crate::hook::Body;
use crate::operator::Operator;
use crate::plan::Plan;
use crate::registry::{AlreadyProvided, Provided};
use crate::report::Report;
use crate::run::{Engine, HookRuntime, Machine};
use crate::settings::{InstallError, Mode, Settings};
use crate::trigger::{Mailbox, Note, Signal, Trigger};

static INSTALLED: OnceCell<Handle> = OnceCell::new();

/// The shutdown of this program, once it is installed. Clones are the same shutdown.
#[derive(Clone)]
pub struct Handle {
    plan: Arc<Plan>,
    mailbox: Arc<Mailbox>,
    ended: watch::Sender<Option<Report>>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("plan", &self.plan).finish_non_exhaustive()
    }
}

impl Settings {
    /// Makes the plan, sets the signal handlers, and starts the one thread that waits for a trigger.
    ///
    /// From the return on, no signal of the set is lost or deadly, and the shutdown runs by itself whatever the
    /// program does: the handle may be dropped. Call it first in `main`, before other threads are started: a signal
    /// that arrives in the microseconds of the installation and is delivered to another thread can be lost.
    ///
    /// With `ON_SHUTDOWN=plan` in the environment it prints the plan and ends the process with exit code 0.
    ///
    /// # Errors
    /// Settings, environment or hooks that contradict each other, a second install, a system that refuses a thread.
    pub fn install(self) -> Result<Handle, InstallError> {
        let mut first = false;
        let handle = INSTALLED.get_or_try_init(|| {
            first = true;
            prepare(self)
        })?;
        if first { Ok(handle.clone()) } else { Err(InstallError::AlreadyInstalled) }
    }
}

/// All that a shutdown needs, made now: at the trigger there may be no memory, descriptor or thread to be had.
fn prepare(settings: Settings) -> Result<Handle, InstallError> {
    let mode = Mode::choose()?;
    let plan = Arc::new(settings.plan()?);
    let (handled, ignored) = settings.signals.split();
    if mode == Mode::PrintPlan {
        print_plan(&plan, &ignored);
    }
    let refused = |what| move |error| InstallError::System { what, error };
    let waits = plan.hooks().iter().any(|hook| matches!(hook.body, Body::Async(_)));
    let runtime = if waits { HookRuntime::warm() } else { HookRuntime::default() };
    // The thread first: once the handlers are set there is no way back.
    let (give, take) = sync_channel(1);
    let thread = thread::Builder::new().name("shutdown".to_owned());
    thread.spawn(move || watch_for_trigger(&take, runtime)).map_err(refused("the thread that waits for signals"))?;
    let mailbox = Arc::new(Mailbox::open(&handled).map_err(refused("the signal handlers"))?);
    let handle = Handle { plan, mailbox, ended: watch::Sender::new(None) };
    tell(&handle.plan, &handled, &ignored);
    let course = Course { handle: handle.clone(), settings };
    give.send(course).map_err(|_| refused("the thread that waits for signals")(io::ErrorKind::BrokenPipe.into()))?;
    Ok(handle)
}

/// What the waiting thread is given.
struct Course {
    handle: Handle,
    settings: Settings,
}

/// Waits for the first note, then carries out the shutdown; this thread is its first runner.
fn watch_for_trigger(course: &Receiver<Course>, runtime: HookRuntime) {
    let Ok(Course { handle, settings }) = course.recv() else { return };
    let last_resort = LastResort::prepare();
    let Handle { plan, mailbox, ended } = handle;
    mailbox.masks().watch();
    let (first, others) = loop {
        mailbox.wait(None);
        let mut notes = mailbox.take().into_iter();
        if let Some(first) = notes.next() {
            break (first, notes);
        }
    };
    let budget = plan.budget();
    let last_resort = last_resort.arm(budget.last_resort());
    let mut machine = Machine::new(plan, first, settings.escalate_on_any);
    others.for_each(|note| machine.note(std::time::Duration::ZERO, note));
    let Settings { ending, conventional, .. } = settings;
    let operator = Operator { budget, ending, conventional, last_resort, ended };
    Engine::new(machine, mailbox, Provided::global().clone(), Box::new(operator)).run(runtime);
}

/// One line for every program that starts, one more for each thing that will surprise its author.
fn tell(plan: &Plan, handled: &[Signal], ignored: &[Signal]) {
    let signals: Vec<String> = handled.iter().map(ToString::to_string).collect();
    let (count, budget) = (plan.hooks().len(), plan.budget());
    let hooks = if count == 1 { "hook" } else { "hooks" };
    console::line(format_args!("{count} {hooks}, on {}; {budget}", signals.join(", ")));
    for sentence in advice(plan, ignored) {
        console::line(sentence);
    }
}

fn print_plan(plan: &Plan, ignored: &[Signal]) -> ! {
    let advice: String = advice(plan, ignored).iter().map(|sentence| format!("note: {sentence}\n")).collect();
    let mut stdout = io::stdout().lock();
    // A reader who has seen enough (`| head`) is no error.
    let _ = io::Write::write_all(&mut stdout, format!("{plan}{advice}").as_bytes());
    let _ = io::Write::flush(&mut stdout);
    exit::now(0)
}

impl Handle {
    /// Everything that the shutdown will do.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
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
        let mut ended = self.ended.subscribe();
        async move {
            loop {
                if let Some(report) = ended.borrow_and_update().clone() {
                    return report;
                }
                if ended.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    /// Blocks until [`ended`](Self::ended) resolves. Not for async code.
    #[must_use]
    pub fn wait(&self) -> Report {
        block_on(self.ended())
    }
}

/// The program has not called [`Settings::install`] yet, and has no `#[on_shutdown::main]`.
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
