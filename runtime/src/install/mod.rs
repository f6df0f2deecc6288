//! Station 9, the road: settings in; the thread that waits for a trigger and then calls stations 2 to 8 in order out.

use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::drain;
use crate::exit::{self, LastResort};
use crate::hook::registry::{HookSink, Provided, Registered};
use crate::install::handle::{Handle, INSTALLED};
use crate::install::settings::{InstallError, Mode, Settings};
use crate::install::warnings::warnings;
use crate::output::{Reporter, ThisProgram};
use crate::plan::Plan;
use crate::run::{self, HookRuntime, Observer, ParkedThread, Run, ShutdownState};
use crate::telemetry::{Notice, Output};
use crate::trigger::{BlockedSignals, Inbox, Message, SAME_REQUEST_WINDOW, Signal, Trigger};

pub(crate) mod handle;
pub(crate) mod main_fn;
pub(crate) mod register;
pub(crate) mod settings;
mod shell_form;
pub(crate) mod warnings;

impl Settings {
    /// Makes the plan, sets the signal handlers, and starts two threads: one waits for a trigger, one will
    /// watch over the hooks.
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
        // One at a time, and one that fails leaves the way free for another.
        static INSTALLING: Mutex<()> = Mutex::new(());
        let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        if INSTALLED.get().is_some() {
            return Err(InstallError::AlreadyInstalled);
        }
        let handle = prepare(&self)?;
        Ok(INSTALLED.get_or_init(|| handle).clone())
    }
}

/// All that a shutdown needs, made now: at the trigger there may be no memory, descriptor or thread to be had.
fn prepare(settings: &Settings) -> Result<Handle, InstallError> {
    let mode = Mode::choose()?;
    let plan = settings.plan()?;
    let (handled, ignored) = settings.signals.split_ignored();
    let report_file = settings.choose_report_file()?;
    match mode {
        Mode::Run => {}
        Mode::PrintPlan => print(&with_advice(&plan, &ignored)),
        Mode::PrintPlanAsJson => print(&as_json(&plan)),
    }
    let budget = plan.budget();
    let refused = |what| move |error| InstallError::System { what, error };
    // Also in the new thread: a signal that meets a handler without its action would be swallowed.
    let blocked = BlockedSignals::block_all().map_err(refused("to hold signals back"))?;
    // The thread first: once the handlers are set there is no way back.
    let (give, take) = sync_channel(1);
    let thread = thread::Builder::new().name("shutdown".to_owned());
    thread.spawn(move || watch_for_trigger(&take)).map_err(refused("the thread that waits for signals"))?;
    let supervisor =
        ParkedThread::start("shutdown-watch", supervise).map_err(refused("the thread that watches over the hooks"))?;
    let inbox = Arc::new(Inbox::open(&handled, &blocked).map_err(refused("the signal handlers"))?);
    let reporter = Arc::new(Reporter::new(settings.reporter_options(), budget, report_file, inbox.masks()));
    let state = ShutdownState::new(plan, Box::new(ThisProgram), settings.escalate_on_any);
    let values = Arc::clone(Provided::global());
    let observer = Arc::clone(&reporter) as Arc<dyn Observer>;
    #[cfg(feature = "systemd")]
    let observer = crate::output::systemd::beside(observer, budget);
    let run = Run::new(state, Arc::clone(&inbox), values, observer);
    let bell = Arc::clone(&inbox);
    drain::set_in_flight_wake(Arc::new(move || bell.wake()));
    Registered::global().install(Arc::clone(&run) as Arc<dyn HookSink>);
    tell(reporter.output(), &run.plan(), &handled, &ignored);
    let handle = Handle::new(Arc::clone(&run), Arc::clone(&inbox), reporter.final_report());
    // On this thread: when `install` has returned, nothing more is asked of the system, which may run out of descriptors.
    let has_async_hooks = run.plan().hooks().any(crate::Hook::is_async);
    let runtime = if has_async_hooks { HookRuntime::warm() } else { HookRuntime::default() };
    let parts = Parts { run, inbox, reporter, runtime, supervisor };
    give.send(parts).map_err(|_| refused("the thread that waits for signals")(io::ErrorKind::BrokenPipe.into()))?;
    Ok(handle)
}

/// What the waiting thread is given.
struct Parts {
    run: Arc<Run>,
    inbox: Arc<Inbox>,
    reporter: Arc<Reporter>,
    runtime: HookRuntime,
    supervisor: ParkedThread<Watched>,
}

/// What the thread that watches over the hooks is given at the trigger.
struct Watched {
    run: Arc<Run>,
    inbox: Arc<Inbox>,
    reporter: Arc<Reporter>,
}

/// Waits for the first note, then carries out the shutdown; this thread is its first worker.
fn watch_for_trigger(parts: &Receiver<Parts>) {
    let Ok(Parts { run, inbox, reporter, runtime, supervisor }) = parts.recv() else { return };
    let last_resort = LastResort::prepare();
    inbox.masks().apply_supervisor_mask();
    let notes = loop {
        inbox.wait(None);
        let notes = inbox.take();
        if !notes.is_empty() {
            break notes;
        }
    };
    reporter.arm(last_resort);
    let watched = Watched { run: Arc::clone(&run), inbox, reporter };
    run.start(notes, runtime, move || supervisor.unpark(watched));
}

/// Watches over the hooks, then over the process where it goes on: on this thread, because a hook may hold every other.
fn supervise(Watched { run, inbox, reporter }: Watched) {
    run::supervise(&run);
    if reporter.program_goes_on() {
        end_by_signal(&run, &inbox);
    }
}

/// The hooks have run, and the program ends itself: a signal that comes now ends it at once. What comes within a second
/// of the trigger is the same request, here as well.
fn end_by_signal(run: &Run, inbox: &Inbox) {
    loop {
        inbox.wait(None);
        let signal = |note| match note {
            Message::Trigger(Trigger::Signal { signal, .. }) => Some(signal),
            _ => None,
        };
        match inbox.take().into_iter().find_map(signal) {
            Some(signal) if run.now() >= SAME_REQUEST_WINDOW => exit::now(exit::forced_by(signal)),
            _ => {}
        }
    }
}

/// One line for every program that starts, one more for each thing that will surprise its author.
fn tell(output: &Output, plan: &Plan, handled: &[Signal], ignored: &[Signal]) {
    let signals: Vec<String> = handled.iter().map(ToString::to_string).collect();
    let (count, budget) = (plan.hooks().count(), plan.budget());
    let hooks = if count == 1 { "hook" } else { "hooks" };
    let disabled = match plan.disabled().count() {
        0 => String::new(),
        disabled => format!(" ({disabled} disabled)"),
    };
    output.tell(Notice::Installed(format!("{count} {hooks}{disabled}, on {}; {budget}", signals.join(", "))));
    for sentence in warnings(plan, ignored) {
        output.tell(Notice::Advice(sentence));
    }
}

fn with_advice(plan: &Plan, ignored: &[Signal]) -> String {
    let advice: String = warnings(plan, ignored).iter().map(|sentence| format!("note: {sentence}\n")).collect();
    format!("{plan}{advice}")
}

#[cfg(feature = "json")]
fn as_json(plan: &Plan) -> String {
    plan.to_json()
}

/// Without the feature there is no such mode.
#[cfg(not(feature = "json"))]
fn as_json(plan: &Plan) -> String {
    plan.to_string()
}

fn print(text: &str) -> ! {
    let mut stdout = io::stdout().lock();
    // A reader who has seen enough (`| head`) is no error.
    let _ = io::Write::write_all(&mut stdout, text.as_bytes());
    let _ = io::Write::flush(&mut stdout);
    exit::now(0)
}
