//! Runs a simulated shutdown, step by step, in a test.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::panic::{Location, resume_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::fail;
use crate::exit;
use crate::hook::Values;
use crate::hook::registry::Provided;
use crate::install::settings::Settings;
use crate::plan::suggest::suggestion;
use crate::plan::{Hook, Id, Plan};
use crate::report::{Outcome, Report};
use crate::run::{Fault, Simulation};
use crate::trigger::{Message, Trigger};
use crate::user_code::discard;

/// A simulated shutdown of this program's hooks, before its trigger.
///
/// [`start`](Self::start) triggers the shutdown. See the [module](super) for an example.
#[must_use = "no hook runs until `start`"]
pub struct Shutdown {
    settings: Settings,
    plan: Plan,
    // Not the values of the process, so that concurrent tests do not affect each other.
    values: Provided,
    faults: HashMap<Id, Fault>,
    in_flight: usize,
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown").field("plan", &self.plan).field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// Creates a shutdown of all linked hooks with default settings and a grace period of 10 s.
    #[track_caller]
    pub fn new() -> Self {
        Self::with_settings(Settings::new())
    }

    /// Creates a shutdown of all linked hooks with these settings.
    ///
    /// The grace period is 10 s unless the settings set it. Environment variables are not read.
    ///
    /// # Panics
    /// Panics if [`Settings::install`] would return an error for these settings.
    #[track_caller]
    pub fn with_settings(settings: Settings) -> Self {
        let plan = settings.plan_anywhere().unwrap_or_else(|error| fail(&error.to_string()));
        Self { settings, plan, values: Provided::default(), faults: HashMap::new(), in_flight: 0 }
    }

    /// Provides a value for the parameters of hooks, as [`provide`](crate::provide) does, but only for this shutdown.
    ///
    /// Hooks do not get the values that the process provides.
    ///
    /// # Panics
    /// Panics if a value of this type was provided before.
    #[track_caller]
    pub fn provide<T: Any + Clone + Send + Sync>(self, value: T) -> Self {
        if let Err(error) = self.values.add(value, Location::caller()) {
            fail(&error.to_string());
        }
        self
    }

    /// Makes the hook hang: an async hook never resolves and is cancelled at its timeout, a sync hook never returns.
    ///
    /// `hook` is the full name (`orders::flush`), or the name of the function if it is unique.
    ///
    /// # Panics
    /// Panics if no linked hook has this name, if several have it, or if the hook has a fault already. So do all methods
    /// that take the name of a hook.
    #[track_caller]
    pub fn hang(self, hook: &str) -> Self {
        self.fault(hook, Fault::Hangs)
    }

    /// Makes the hook block its thread for ever. Even an async hook cannot be cancelled then.
    #[track_caller]
    pub fn block(self, hook: &str) -> Self {
        self.fault(hook, Fault::Blocks)
    }

    /// Makes the hook fail with this error, without calling its function.
    #[track_caller]
    pub fn fail(self, hook: &str, error: &str) -> Self {
        self.fault(hook, Fault::Ends(Outcome::Failed(error.into())))
    }

    /// Makes the hook panic with this message, without calling its function.
    #[track_caller]
    pub fn panic(self, hook: &str, message: &str) -> Self {
        self.fault(hook, Fault::Ends(Outcome::Panicked(message.to_owned())))
    }

    /// Makes the hook take this much longer than its function takes.
    #[track_caller]
    pub fn delay(self, hook: &str, duration: Duration) -> Self {
        self.fault(hook, Fault::Takes(duration))
    }

    /// Sets the number of requests in flight at the trigger. [`RunningShutdown::set_in_flight`] changes it later.
    pub fn in_flight(mut self, count: usize) -> Self {
        self.in_flight = count;
        self
    }

    /// Returns the plan of this shutdown.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Triggers the shutdown, with a [`Signal`](crate::Signal) or another [`Trigger`].
    ///
    /// When this returns, every step that takes no virtual time has happened.
    #[track_caller]
    pub fn start(self, trigger: impl Into<Trigger>) -> RunningShutdown {
        let Self { settings, plan, values, faults, in_flight } = self;
        let values: Arc<dyn Values + Send + Sync> = Arc::new(values);
        let first = (Message::Trigger(trigger.into()), in_flight);
        let escalate_on_any = settings.escalate_on_any;
        match outside_runtime(move || Simulation::begin(plan, escalate_on_any, values, faults, first)) {
            Ok(simulation) => {
                RunningShutdown { simulation: Some(simulation), signal_exit_code: settings.signal_exit_code }
            }
            Err(error) => fail(&format!("the system refused an async runtime: {error}")),
        }
    }

    #[track_caller]
    fn fault(mut self, name: &str, fault: Fault) -> Self {
        let id = self.find(name);
        if let Some(earlier) = self.faults.insert(id, fault) {
            fail(&format!("hook `{name}` already has the fault {earlier:?}; remove one of the two"));
        }
        self
    }

    #[track_caller]
    fn find(&self, name: &str) -> Id {
        let has_name = |id: &Id| self.plan.hook(*id).is_some_and(|hook| hook.full_name() == name || hook.name == name);
        let found: Vec<Id> = self.plan.ids().filter(has_name).collect();
        match *found {
            [only] => only,
            [] => {
                let known: Vec<String> = self.plan.hooks().map(Hook::full_name).collect();
                fail(&format!("there is no hook `{name}`: {}", suggestion(name, &known)))
            }
            _ => {
                let known = found.iter().filter_map(|id| self.plan.hook(*id)).map(|hook| hook.full_name());
                let known: Vec<String> = known.collect();
                fail(&format!("more than one hook is called `{name}`: write one of {}", known.join(", ")))
            }
        }
    }
}

/// A simulated shutdown after its trigger.
///
/// Virtual time passes only in [`advance`](Self::advance) and [`finish`](Self::finish).
#[must_use = "time passes only in `advance` and `finish`"]
pub struct RunningShutdown {
    /// `None` only while it is dropped.
    simulation: Option<Simulation>,
    signal_exit_code: bool,
}

impl fmt::Debug for RunningShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningShutdown")
            .field("elapsed", &self.elapsed())
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

impl RunningShutdown {
    /// Advances the virtual time by `duration`. Stops earlier if the shutdown ends.
    pub fn advance(&mut self, duration: Duration) -> &mut Self {
        self.change(|simulation| simulation.play(Some(simulation.now().saturating_add(duration))));
        self
    }

    /// Delivers a further signal, or another trigger, now.
    pub fn trigger(&mut self, trigger: impl Into<Trigger>) -> &mut Self {
        let message = Message::Trigger(trigger.into());
        self.change(|simulation| simulation.receive(message));
        self
    }

    /// Requests this exit code now, as [`request_exit`](crate::request_exit) does.
    pub fn request_exit(&mut self, code: u8) -> &mut Self {
        self.change(|simulation| simulation.receive(Message::Exit(code)));
        self
    }

    /// Sets the number of requests in flight from now on.
    pub fn set_in_flight(&mut self, count: usize) -> &mut Self {
        self.change(|simulation| simulation.set_in_flight(count));
        self
    }

    /// Returns the virtual time since the trigger.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.simulation.as_ref().map_or(Duration::ZERO, Simulation::now)
    }

    /// Returns whether the shutdown has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.simulation.as_ref().is_none_or(Simulation::is_over)
    }

    /// Advances the virtual time until the shutdown ends, at the latest at its deadline, and returns the report.
    ///
    /// [`Report::assert_clean`] asserts that the shutdown was a success.
    #[must_use]
    pub fn finish(mut self) -> Report {
        let mut report = self.change(|simulation| {
            simulation.play(None);
            simulation.report()
        });
        // In production, the exit module computes the code after the shutdown has ended.
        report.exit_code = exit::code(&report, self.signal_exit_code);
        report
    }

    fn change<T: Send>(&mut self, change: impl FnOnce(&mut Simulation) -> T + Send) -> T {
        match &mut self.simulation {
            Some(simulation) => outside_runtime(|| change(simulation)),
            None => fail("the simulation was dropped"),
        }
    }
}

impl Drop for RunningShutdown {
    fn drop(&mut self) {
        let simulation = self.simulation.take();
        // Drops the futures of hooks, which are user code. A second panic would abort the test.
        outside_runtime(move || discard(simulation));
    }
}

/// Runs `work`, which blocks on an async runtime. Runs it on another thread if this thread is inside a runtime, as in a
/// `#[tokio::test]`: tokio refuses to start and to drop a runtime there.
fn outside_runtime<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    // On this thread if possible, because hooks then see the thread-locals of the test.
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    let result = thread::scope(|scope| {
        let spawned = thread::Builder::new().name("shutdown-simulation".to_owned()).spawn_scoped(scope, work);
        spawned.map(thread::ScopedJoinHandle::join)
    });
    match result {
        Ok(Ok(done)) => done,
        // The test fails with the message of the thread.
        Ok(Err(panic)) => resume_unwind(panic),
        Err(error) => fail(&format!("the system refused a thread for the simulation: {error}")),
    }
}
