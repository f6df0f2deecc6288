//! Installs the shutdown: checks the settings, sets the signal handlers, and starts the threads.

use std::io::ErrorKind;
use std::panic::Location;
use std::sync::Arc;

use super::guard::{self, ShutdownGuard};
use super::handle::{Handle, INSTALLED};
use super::installed_line::log_installed;
use super::settings::{InstallError, Mode, Resolved, Settings};
use super::threads::Threads;
use super::warnings::Advice;
use super::{print_mode, task};
use crate::drain;
use crate::hook::registry::{HookSink, Provided, Registered};
use crate::os;
use crate::output::{Reporter, ThisProgram};
use crate::plan::Plan;
use crate::report::process_info::ProcessInfo;
use crate::run::{Finalizer, Run, ShutdownState};
use crate::trigger::{BlockedSignals, Inbox};

impl Settings {
    /// Installs the shutdown: makes the plan, sets the signal handlers, and starts two threads.
    ///
    /// One thread waits for a trigger, the other is the supervisor of the hooks. On a target without threads (wasm) no
    /// thread is started, and the shutdown runs where the program waits for it: in the drop and in
    /// [`end`](ShutdownGuard::end) of the guard, in [`Handle::wait`], and in [`Handle::finish`].
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
    /// `ON_SHUTDOWN=check`, the exit code is 78 if there are warnings. See [`MODE_ENV`](crate::MODE_ENV) for the exception.
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
        let (location, mut is_first) = (Location::caller(), false);
        // One at a time: two installs at once must not both set handlers. A failed install leaves it free for another.
        let handle = INSTALLED.get_or_try_init(|| {
            is_first = true;
            self.install_first(location)
        })?;
        if !is_first {
            return Err(InstallError::AlreadyInstalled);
        }
        task::send_earlier_failures(handle);
        Ok(handle.clone())
    }

    fn install_first(&self, location: &'static Location<'static>) -> Result<Handle, InstallError> {
        let handle = prepare(self)?;
        if os::is_main_thread() {
            drain::mark_main_thread(location);
            guard::catch_end_of_main_thread();
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            handle.set_program_runtime(runtime);
        }
        Ok(handle)
    }
}

/// Makes all that a shutdown needs: at the trigger the system may refuse memory, descriptors and threads.
///
/// The order matters. What can be refused comes before the handlers, because handlers cannot be taken back. The threads
/// get their work last, when nothing can fail any more.
fn prepare(settings: &Settings) -> Result<Handle, InstallError> {
    if !os::HAS_CLOCK {
        return Err(InstallError::refused("a clock, without which no hook has a timeout")(
            ErrorKind::Unsupported.into(),
        ));
    }
    let mode = Mode::read()?;
    let Resolved { plan, report_file, report_note, unused_variables, format } = match settings.resolve() {
        Ok(resolved) => resolved,
        // Here, because a program may ignore the error and run.
        Err(error) if mode == Mode::Check => print_mode::fail_check(&error),
        Err(error) => return Err(error),
    };
    format.set();
    let (handled, ignored) = settings.signals.split_ignored();
    let advice = |plan: &Plan| Advice {
        report_note: report_note.clone(),
        ..Advice::new(plan, &unused_variables, &handled, &ignored)
    };
    match mode {
        Mode::Run => {}
        Mode::PrintPlan => print_mode::print(&plan, &advice(&plan)),
        Mode::PrintPlanAsJson => print_mode::print_json(&plan),
        Mode::Check => print_mode::check(&plan, &advice(&plan)),
    }
    // Until the end of this function, and inherited by the new threads: a signal that meets a handler before its action
    // is registered would be lost.
    let blocked = BlockedSignals::block_all().map_err(InstallError::refused("to block signals"))?;
    let mut threads = Threads::start()?;
    // A child must find this program by the name of the thread.
    if report_file.is_some() {
        threads.wait_for_start();
    }
    let inbox = Arc::new(Inbox::open(&handled, &blocked).map_err(InstallError::refused("the signal handlers"))?);
    let options = settings.reporter_options();
    let reporter = Arc::new(Reporter::new(options, plan.budget(), report_file, inbox.masks()));
    let run = connect(settings, plan, &inbox, &reporter);
    let plan = run.plan();
    log_installed(reporter.output(), &plan, &handled, advice(&plan));
    ProcessInfo::record(settings.version.clone());
    let handle = Handle::new(Arc::clone(&run), Arc::clone(&inbox), reporter.final_report(), settings.exit_mode);
    threads.hand_over(run, inbox, reporter)?;
    Ok(handle)
}

/// Makes the run, and connects it to the observers, the work in flight and the hooks that are registered at run time.
fn connect(settings: &Settings, plan: Plan, inbox: &Arc<Inbox>, reporter: &Arc<Reporter>) -> Arc<Run> {
    #[cfg(feature = "systemd")]
    let observer = crate::output::systemd::observer(plan.budget());
    #[cfg(not(feature = "systemd"))]
    let observer = None;
    let state = ShutdownState::new(plan, Arc::new(ThisProgram), settings.escalate_on_any);
    let (values, output) = (Arc::clone(Provided::global()), Arc::clone(reporter.output()));
    let finalizer = Arc::clone(reporter) as Arc<dyn Finalizer>;
    let run = Run::new(state, Arc::clone(inbox), values, output, observer, finalizer);
    // The drain phase waits on the inbox, so the end of work in flight must wake the inbox.
    let woken = Arc::clone(inbox);
    drain::set_in_flight_wake(Arc::new(move || woken.wake()));
    Registered::global().install(Arc::clone(&run) as Arc<dyn HookSink>);
    run
}
