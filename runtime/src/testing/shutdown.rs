//! Settings, values and faults in, a shutdown that is played step by step out.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::fail;
use crate::exit;
use crate::hook::Values;
use crate::hook::registry::Provided;
use crate::install::settings::Settings;
use crate::plan::suggest::correction;
use crate::plan::{Id, Plan};
use crate::report::{Outcome, Report};
use crate::run::{Fault, Simulation};
use crate::trigger::{Message, Signal, Trigger};

/// A shutdown of this program's hooks, to be played in a test.
#[must_use = "nothing runs until `start`"]
pub struct Shutdown {
    settings: Settings,
    plan: Plan,
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
    /// All linked hooks, with default settings and a grace period of 10 s.
    #[track_caller]
    pub fn new() -> Self {
        Self::with(Settings::new())
    }

    /// All linked hooks, with these settings; without a grace period among them it is 10 s.
    ///
    /// # Panics
    /// Where [`Settings::install`] would answer with an error.
    #[track_caller]
    pub fn with(settings: Settings) -> Self {
        let plan = settings.plan_anywhere().unwrap_or_else(|error| fail(&error.to_string()));
        Self { settings, plan, values: Provided::default(), faults: HashMap::new(), in_flight: 0 }
    }

    /// Gives hooks this value, as [`provide`](crate::provide) does; to this shutdown only. Values that the process
    /// provides are not seen here.
    ///
    /// # Panics
    /// Where a value of this type was given before.
    #[track_caller]
    pub fn provide<T: Any + Clone + Send + Sync>(self, value: T) -> Self {
        if let Err(twice) = self.values.add(value, Location::caller()) {
            fail(&twice.to_string());
        }
        self
    }

    /// This hook hangs: an async one awaits for ever and is cancelled at its timeout, a sync one never returns.
    ///
    /// Hooks are named in full (`orders::flush`), or by their function alone where that is clear.
    ///
    /// # Panics
    /// Where no linked hook has this name, or more than one; so do all methods that name a hook.
    #[track_caller]
    pub fn hang(self, hook: &str) -> Self {
        self.fault(hook, Fault::Hangs)
    }

    /// This hook holds its thread for ever, and cannot be cancelled even if it is async.
    #[track_caller]
    pub fn block(self, hook: &str) -> Self {
        self.fault(hook, Fault::Blocks)
    }

    /// This hook fails with this error, and its function is not called.
    #[track_caller]
    pub fn fail(self, hook: &str, error: &str) -> Self {
        self.fault(hook, Fault::Ends(Outcome::Failed(error.to_owned())))
    }

    /// This hook panics with this message, and its function is not called.
    #[track_caller]
    pub fn panic(self, hook: &str, message: &str) -> Self {
        self.fault(hook, Fault::Ends(Outcome::Panicked(message.to_owned())))
    }

    /// This hook takes so much longer than its function does.
    #[track_caller]
    pub fn takes(self, hook: &str, length: Duration) -> Self {
        self.fault(hook, Fault::Takes(length))
    }

    /// So many pieces of work are in flight, until [`Running::in_flight`] says otherwise.
    pub fn in_flight(mut self, count: usize) -> Self {
        self.in_flight = count;
        self
    }

    /// What would run.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Starts the shutdown, for a signal or another [`Trigger`]. What takes no time has happened when this returns.
    #[track_caller]
    pub fn start(self, trigger: impl Into<Cause>) -> Running {
        let Self { settings, plan, values, faults, in_flight } = self;
        let values: Arc<dyn Values + Send + Sync> = Arc::new(values);
        let first = (trigger.into().0, in_flight);
        match Simulation::begin(plan, settings.escalate_on_any, values, faults, first) {
            Ok(simulation) => Running { simulation, signal_exit_code: settings.signal_exit_code },
            Err(error) => fail(&format!("the system refused an async runtime: {error}")),
        }
    }

    #[track_caller]
    fn fault(mut self, name: &str, fault: Fault) -> Self {
        let id = self.find(name);
        if let Some(earlier) = self.faults.insert(id, fault) {
            fail(&format!("`{name}` was told to do something else before: {earlier:?}; keep one of the two"));
        }
        self
    }

    #[track_caller]
    fn find(&self, name: &str) -> Id {
        let named = |id: &Id| self.plan.hook(*id).is_some_and(|hook| hook.full_name() == name || hook.name == name);
        let found: Vec<Id> = self.plan.ids().filter(named).collect();
        match *found {
            [only] => only,
            [] => {
                let known: Vec<String> = self.plan.hooks().map(crate::Hook::full_name).collect();
                fail(&format!("there is no hook `{name}`: {}", correction(name, &known)))
            }
            _ => {
                let known = found.iter().filter_map(|id| self.plan.hook(*id)).map(|hook| hook.full_name());
                let known: Vec<String> = known.collect();
                fail(&format!("more than one hook is called `{name}`: write one of {}", known.join(", ")))
            }
        }
    }
}

/// What starts a shutdown in a test: a [`Signal`], or any [`Trigger`].
#[derive(Debug)]
pub struct Cause(Message);

impl From<Signal> for Cause {
    fn from(signal: Signal) -> Self {
        Trigger::Signal { signal, sender: None }.into()
    }
}

impl From<Trigger> for Cause {
    fn from(trigger: Trigger) -> Self {
        Self(Message::Trigger(trigger))
    }
}

/// A shutdown on its way; time passes only when the test says so.
#[must_use = "time passes only in `pass` and `finish`"]
pub struct Running {
    simulation: Simulation,
    signal_exit_code: bool,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("now", &self.now()).field("is_over", &self.is_over()).finish_non_exhaustive()
    }
}

impl Running {
    /// Lets so much time pass, or less if all is over before.
    pub fn pass(&mut self, length: Duration) -> &mut Self {
        self.simulation.play(Some(self.simulation.now() + length));
        self
    }

    /// One more signal, or another trigger, comes now.
    pub fn again(&mut self, trigger: impl Into<Cause>) -> &mut Self {
        self.simulation.receive(trigger.into().0);
        self
    }

    /// The program asks for this exit code now.
    pub fn exit(&mut self, code: u8) -> &mut Self {
        self.simulation.receive(Message::Exit(code));
        self
    }

    /// From now on so many pieces of work are in flight.
    pub fn in_flight(&mut self, count: usize) -> &mut Self {
        self.simulation.set_in_flight(count);
        self
    }

    /// The time since the trigger.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.simulation.now()
    }

    /// Whether all is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.simulation.is_over()
    }

    /// Lets time pass until all is over; that is before the deadline.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.simulation.play(None);
        let mut report = self.simulation.report();
        report.exit_code = exit::code(&report, self.signal_exit_code);
        report
    }
}
