//! Installs the shutdown: checks the settings, sets the signal handlers, and starts the threads.

use std::io;
use std::panic::Location;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::drain;
use crate::exit::{self, LastResort};
use crate::hook::registry::{HookSink, Provided, Registered};
use crate::install::guard::ShutdownGuard;
use crate::install::handle::{Handle, INSTALLED, is_main_thread};
use crate::install::settings::{InstallError, MODE_ENV, Mode, Resolved, Settings};
use crate::install::warnings::Advice;
use crate::output::{Reporter, ThisProgram};
use crate::plan::Plan;
use crate::plan::drain_delay::{DrainDelay, DrainDelaySource};
use crate::run::{
    self, Finalizer, HookRuntime, ParkedThread, Run, SUPERVISOR_THREAD, ShutdownState, spawn_hook_thread,
};
use crate::telemetry::{Event, Output, stderr};
use crate::trigger::{BlockedSignals, Inbox, Message, SAME_REQUEST_WINDOW, Signal, Trigger};

mod error_text;
pub(crate) mod guard;
pub(crate) mod handle;
pub(crate) mod main_fn;
pub(crate) mod register;
pub(crate) mod serve;
pub(crate) mod settings;
mod shell_form;
pub(crate) mod task;
pub(crate) mod warnings;

impl Settings {
    /// Installs the shutdown: makes the plan, sets the signal handlers, and starts two threads.
    ///
    /// One thread waits for a trigger, the other is the supervisor of the hooks.
    ///
    /// When this returns, each signal of the set starts the shutdown. Call it first in `main`, before the program starts
    /// other threads: a signal that is delivered to another thread during the microseconds of the installation can be
    /// lost. Keep the guard in a variable of `main`: its drop runs the hooks if `main` ends by itself, and waits for them.
    ///
    /// ```no_run
    /// # fn work() -> std::io::Result<()> { Ok(()) }
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let _guard = on_shutdown::Settings::new().install()?;
    ///     work()?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// [`run`](Self::run) needs no guard, and counts a `main` that fails in the report and in the exit code.
    ///
    /// With `ON_SHUTDOWN=plan` in the environment, this prints the plan and ends the process with exit code 0. With
    /// `ON_SHUTDOWN=check`, the exit code is 78 if there are warnings. See [`MODE_ENV`] for the exception.
    ///
    /// # Errors
    /// The settings, the environment or the hooks contradict each other; a shutdown is installed already; or the system
    /// refuses a thread or a handler. After an error nothing is installed.
    #[track_caller]
    pub fn install(self) -> Result<ShutdownGuard, InstallError> {
        self.install_handle().map(ShutdownGuard::new)
    }

    /// Installs the shutdown for a caller that ends it with `main`.
    #[track_caller]
    pub(crate) fn install_handle(self) -> Result<Handle, InstallError> {
        // Held to the end: two installs at once must not both set handlers. A failed install leaves it free for another.
        static INSTALLING: Mutex<()> = Mutex::new(());
        let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        if INSTALLED.get().is_some() {
            return Err(InstallError::AlreadyInstalled);
        }
        let handle = prepare(&self)?;
        if is_main_thread() {
            drain::mark_main_thread(Location::caller());
            guard::catch_end_of_main_thread();
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            handle.set_program_runtime(runtime);
        }
        // Nothing else sets it while the lock is held.
        let handle = INSTALLED.get_or_init(|| handle);
        task::send_earlier_failures(handle);
        Ok(handle.clone())
    }
}

/// Makes all that a shutdown needs: at the trigger the system may refuse memory, descriptors and threads.
///
/// The order matters. What can be refused comes before the handlers, because handlers cannot be taken back. The threads
/// get their work last, when nothing can fail any more.
fn prepare(settings: &Settings) -> Result<Handle, InstallError> {
    let mode = Mode::read()?;
    let Resolved { plan, report_file, report_note, unused_variables } = match settings.resolve() {
        Ok(resolved) => resolved,
        // Here, because a program may ignore the error and run.
        Err(error) if mode == Mode::Check => fail_check(&error),
        Err(error) => return Err(error),
    };
    let (handled, ignored) = settings.signals.split_ignored();
    let advice = |plan: &Plan| Advice {
        report_note: report_note.clone(),
        ..Advice::new(plan, &unused_variables, &handled, &ignored)
    };
    match mode {
        Mode::Run => {}
        Mode::PrintPlan => print_and_exit(&with_advice(&plan, &advice(&plan)), 0),
        Mode::PrintPlanAsJson => print_and_exit(&as_json(&plan), 0),
        Mode::Check => check(&plan, &advice(&plan)),
    }
    // Until the end of this function, and inherited by the new threads: a signal that meets a handler before its action
    // is registered would be lost.
    let blocked = BlockedSignals::block_all().map_err(refused("to block signals"))?;
    let threads = Threads::start()?;
    // A child must find this program by the name of the thread.
    if report_file.is_some() {
        threads.supervisor.wait_for_start();
    }
    let inbox = Arc::new(Inbox::open(&handled, &blocked).map_err(refused("the signal handlers"))?);
    let options = settings.reporter_options();
    let reporter = Arc::new(Reporter::new(options, plan.budget(), report_file, inbox.masks()));
    let run = connect(settings, plan, &inbox, &reporter);
    let plan = run.plan();
    log_installed(reporter.output(), &plan, &handled, advice(&plan));
    let handle = Handle::new(Arc::clone(&run), Arc::clone(&inbox), reporter.final_report(), settings.exit_mode);
    threads.hand_over(run, inbox, reporter)?;
    Ok(handle)
}

/// Returns the error for something that the system refused.
fn refused(what: &'static str) -> impl FnOnce(io::Error) -> InstallError {
    move |error| InstallError::System { what, error }
}

/// Makes the run, and connects it to the observers, the work in flight and the hooks that are registered at run time.
fn connect(settings: &Settings, plan: Plan, inbox: &Arc<Inbox>, reporter: &Arc<Reporter>) -> Arc<Run> {
    #[cfg(feature = "systemd")]
    let observer = crate::output::systemd::observer(plan.budget());
    #[cfg(not(feature = "systemd"))]
    let observer = None;
    let state = ShutdownState::new(plan, Box::new(ThisProgram), settings.escalate_on_any);
    let (values, output) = (Arc::clone(Provided::global()), Arc::clone(reporter.output()));
    let finalizer = Arc::clone(reporter) as Arc<dyn Finalizer>;
    let run = Run::new(state, Arc::clone(inbox), values, output, observer, finalizer);
    // The drain phase waits on the inbox, so the end of work in flight must wake the inbox.
    let woken = Arc::clone(inbox);
    drain::set_in_flight_wake(Arc::new(move || woken.wake()));
    Registered::global().install(Arc::clone(&run) as Arc<dyn HookSink>);
    run
}

/// The two threads of an installed shutdown, before they have something to do.
struct Threads {
    trigger: SyncSender<Parts>,
    supervisor: ParkedThread<Supervised>,
}

impl Threads {
    fn start() -> Result<Self, InstallError> {
        // Room for one: `send` must not wait for the new thread to run.
        let (trigger, parts) = sync_channel(1);
        spawn_hook_thread("shutdown", move || wait_for_trigger(&parts))
            .map_err(refused("the thread that waits for signals"))?;
        // Parked until the trigger, because the system may refuse a thread then.
        let supervisor =
            ParkedThread::start(SUPERVISOR_THREAD, supervise).map_err(refused("the supervisor thread of the hooks"))?;
        Ok(Self { trigger, supervisor })
    }

    fn hand_over(self, run: Arc<Run>, inbox: Arc<Inbox>, reporter: Arc<Reporter>) -> Result<(), InstallError> {
        // On the installing thread: when `install` has returned, the shutdown asks the system for nothing more.
        let runtime = HookRuntime::warm();
        let parts = Parts { run, inbox, reporter, runtime, supervisor: self.supervisor };
        // The thread ends early only if it panics.
        let lost = |_| refused("the thread that waits for signals")(io::ErrorKind::BrokenPipe.into());
        self.trigger.send(parts).map_err(lost)
    }
}

/// What the thread that waits for a trigger works with.
struct Parts {
    run: Arc<Run>,
    inbox: Arc<Inbox>,
    reporter: Arc<Reporter>,
    runtime: HookRuntime,
    supervisor: ParkedThread<Supervised>,
}

/// What the supervisor works with, from the trigger on.
struct Supervised {
    run: Arc<Run>,
    inbox: Arc<Inbox>,
    reporter: Arc<Reporter>,
}

/// Waits for the first message, then runs the shutdown. This thread becomes its first worker.
fn wait_for_trigger(parts: &Receiver<Parts>) {
    // `install` failed after it had started this thread.
    let Ok(Parts { run, inbox, reporter, runtime, supervisor }) = parts.recv() else { return };
    // On this thread, which arms it. Before the trigger, when the system still grants a timer.
    let last_resort = LastResort::prepare();
    // The thread was started with all signals blocked. The handlers are set now.
    inbox.masks().apply_supervisor_mask();
    // `wait` also returns without a message, when the work in flight changes.
    let messages = loop {
        inbox.wait(None);
        let messages = inbox.take();
        if !messages.is_empty() {
            break messages;
        }
    };
    // Before the first hook: from now on the process ends in time, also if every other thread hangs.
    reporter.arm(last_resort);
    // Unparked by `start`, because the supervisor may look only at a run that has begun.
    let supervised = Supervised { run: Arc::clone(&run), inbox, reporter };
    run.start(messages, runtime, move || supervisor.unpark(supervised));
}

/// Supervises the hooks. If the program continues afterwards, waits for a signal to end it: hooks that were abandoned
/// may hold every other thread.
fn supervise(Supervised { run, inbox, reporter }: Supervised) {
    run::supervise(&run);
    if reporter.program_continues() {
        exit_on_signal(&run, &inbox);
    }
}

/// Ends the process at the next signal. A signal that comes within a second of the trigger is the same request, and is
/// ignored as during the shutdown.
fn exit_on_signal(run: &Run, inbox: &Inbox) {
    loop {
        inbox.wait(None);
        // A request has no effect any more: the program itself decides when it ends.
        let signal = |message| match message {
            Message::Trigger(Trigger::Signal { signal, .. }) => Some(signal),
            _ => None,
        };
        match inbox.take().into_iter().find_map(signal) {
            Some(signal) if run.now() >= SAME_REQUEST_WINDOW => exit::now(exit::forced_by(signal)),
            _ => {}
        }
    }
}

/// Logs one line for the install, one more for the file of the report if it is an unexpected one, and one for each warning.
fn log_installed(output: &Output, plan: &Plan, handled: &[Signal], advice: Advice) {
    let signals = match handled {
        [] => "no signal".to_owned(),
        _ => handled.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let (count, budget) = (plan.hooks().count(), plan.budget());
    let hooks = if count == 1 { "hook" } else { "hooks" };
    let disabled = plan.disabled().count();
    let disabled_hooks = if disabled == 0 { String::new() } else { format!(" ({disabled} disabled)") };
    // A program that sets no delay on a platform without one does not think of it.
    let delay = match plan.delay() {
        DrainDelay { length: Duration::ZERO, source: DrainDelaySource::Default | DrainDelaySource::Program } => {
            String::new()
        }
        delay => format!(", {delay}"),
    };
    let line = format!("{count} {hooks}{disabled_hooks}, on {signals}; {budget}{delay}");
    // Not a warning: a program may register its hooks later, or only wait for its work in flight.
    let missing = if count + disabled == 0 { NO_HOOKS } else { "" };
    output.log(Event::Installed(line + missing));
    // Nothing is wrong, so it is no warning.
    advice.report_note.into_iter().for_each(|note| output.log(Event::Installed(note)));
    // One line each, so that a log search finds every warning by itself.
    advice.warnings.into_iter().for_each(|warning| output.log(Event::Warning(warning)));
}

/// The end of the install line of a program without hooks.
const NO_HOOKS: &str = "; if a crate of this program has hooks, it is not linked: write `use that_crate as _;`, see \
                        https://github.com/on-shutdown/on-shutdown/blob/main/docs/libraries.md#missing-hooks";

fn with_advice(plan: &Plan, Advice { warnings, still_ignored, report_note }: &Advice) -> String {
    let notes: String = warnings.iter().map(|warning| format!("note: {warning}\n")).collect();
    let facts: String = still_ignored.iter().chain(report_note).map(|fact| format!("info: {fact}\n")).collect();
    format!("{plan}{notes}{facts}")
}

/// Prints the plan and ends the process, with an error if there are warnings.
fn check(plan: &Plan, advice: &Advice) -> ! {
    let count = advice.warnings.len();
    let code = if count == 0 { 0 } else { exit::CONFIG };
    if code != 0 {
        let noun = if count == 1 { "warning" } else { "warnings" };
        stderr::line(format_args!("`{MODE_ENV}=check` found {count} {noun}: exit code {code}"));
    }
    print_and_exit(&with_advice(plan, advice), code)
}

/// Ends the process, because the shutdown cannot be installed.
fn fail_check(error: &InstallError) -> ! {
    stderr::line(error);
    exit::now(error.exit_code())
}

#[cfg(feature = "json")]
fn as_json(plan: &Plan) -> String {
    plan.to_json()
}

/// Is never called: without the feature, `Mode::read` refuses `plan-json`.
#[cfg(not(feature = "json"))]
fn as_json(plan: &Plan) -> String {
    plan.to_string()
}

fn print_and_exit(text: &str, code: u8) -> ! {
    let mut stdout = io::stdout().lock();
    // A reader that stops early (`| head`) is not an error.
    let _ = io::Write::write_all(&mut stdout, text.as_bytes());
    let _ = io::Write::flush(&mut stdout);
    exit::now(code)
}
