//! Station 9, the road: settings in; the thread that waits for a trigger and then calls stations 2 to 8 in order out.

use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::advice::advice;
use crate::drain::Ledger;
use crate::exit::{self, LastResort};
use crate::handle::{Handle, INSTALLED};
use crate::operator::Operator;
use crate::plan::Plan;
use crate::registry::{Enrol, Provided, Registered};
use crate::run::{Engine, HookRuntime, Machine, Standby, Surroundings};
use crate::settings::{InstallError, Mode, Settings};
use crate::telemetry::{News, Voice};
use crate::trigger::{HeldBack, Mailbox, Note, SAME_REQUEST, Signal, Trigger};

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
    let (handled, ignored) = settings.signals.split();
    let report_file = settings.choose_report_file()?;
    match mode {
        Mode::Run => {}
        Mode::PrintPlan => print(&with_advice(&plan, &ignored)),
        Mode::PrintPlanAsJson => print(&as_json(&plan)),
    }
    let budget = plan.budget();
    let refused = |what| move |error| InstallError::System { what, error };
    // Also in the new thread: a signal that meets a handler without its action would be swallowed.
    let held_back = HeldBack::now().map_err(refused("to hold signals back"))?;
    // The thread first: once the handlers are set there is no way back.
    let (give, take) = sync_channel(1);
    let thread = thread::Builder::new().name("shutdown".to_owned());
    thread.spawn(move || watch_for_trigger(&take)).map_err(refused("the thread that waits for signals"))?;
    let supervisor = Standby::start().map_err(refused("the thread that watches over the hooks"))?;
    let mailbox = Arc::new(Mailbox::open(&handled, &held_back).map_err(refused("the signal handlers"))?);
    let operator = Arc::new(Operator::new(settings, budget, report_file, mailbox.masks()));
    let machine = Machine::new(plan, settings.escalate_on_any);
    let values = Arc::clone(Provided::global());
    let surroundings = Arc::clone(&operator) as Arc<dyn Surroundings>;
    #[cfg(feature = "systemd")]
    let surroundings = crate::systemd::beside(surroundings, budget);
    let engine = Engine::new(machine, Arc::clone(&mailbox), values, surroundings);
    let bell = Arc::clone(&mailbox);
    Ledger::set_bell(Arc::new(move || bell.ring()));
    Registered::install(Arc::clone(&engine) as Arc<dyn Enrol>);
    tell(operator.voice(), &engine.plan(), &handled, &ignored);
    let handle = Handle::new(Arc::clone(&engine), Arc::clone(&mailbox), operator.subscribe());
    let course = Course { engine, mailbox, operator, supervisor };
    give.send(course).map_err(|_| refused("the thread that waits for signals")(io::ErrorKind::BrokenPipe.into()))?;
    Ok(handle)
}

/// What the waiting thread is given.
struct Course {
    engine: Arc<Engine>,
    mailbox: Arc<Mailbox>,
    operator: Arc<Operator>,
    supervisor: Standby,
}

/// Waits for the first note, then carries out the shutdown; this thread is its first runner.
fn watch_for_trigger(course: &Receiver<Course>) {
    let Ok(Course { engine, mailbox, operator, supervisor }) = course.recv() else { return };
    let last_resort = LastResort::prepare();
    let waits = engine.plan().hooks().any(|hook| hook.body.is_async());
    let runtime = if waits { HookRuntime::warm() } else { HookRuntime::default() };
    mailbox.masks().watch();
    let notes = loop {
        mailbox.wait(None);
        let notes = mailbox.take();
        if !notes.is_empty() {
            break notes;
        }
    };
    operator.arm(last_resort);
    engine.run(notes, (runtime, supervisor));
    if operator.program_goes_on() {
        end_by_signal(&engine, &mailbox);
    }
}

/// The hooks have run, and the program said that it ends itself: whoever still has to ask gets what they ask for.
/// What comes within a second of the trigger is the same request, here as well.
fn end_by_signal(engine: &Engine, mailbox: &Mailbox) {
    loop {
        mailbox.wait(None);
        let signal = |note| match note {
            Note::Trigger(Trigger::Signal { signal, .. }) => Some(signal),
            _ => None,
        };
        match mailbox.take().into_iter().find_map(signal) {
            Some(signal) if engine.now() >= SAME_REQUEST => exit::now(exit::forced_by(signal)),
            _ => {}
        }
    }
}

/// One line for every program that starts, one more for each thing that will surprise its author.
fn tell(voice: &Voice, plan: &Plan, handled: &[Signal], ignored: &[Signal]) {
    let signals: Vec<String> = handled.iter().map(ToString::to_string).collect();
    let (count, budget) = (plan.hooks().count(), plan.budget());
    let hooks = if count == 1 { "hook" } else { "hooks" };
    let disabled = match plan.disabled().count() {
        0 => String::new(),
        disabled => format!(" ({disabled} disabled)"),
    };
    voice.tell(News::Installed(format!("{count} {hooks}{disabled}, on {}; {budget}", signals.join(", "))));
    for sentence in advice(plan, ignored) {
        voice.tell(News::Advice(sentence));
    }
}

fn with_advice(plan: &Plan, ignored: &[Signal]) -> String {
    let advice: String = advice(plan, ignored).iter().map(|sentence| format!("note: {sentence}\n")).collect();
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
