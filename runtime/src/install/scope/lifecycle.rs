//! Keeps the state of a scope: its hooks while it runs, and its shutdown when it is stopped.
//!
//! # Locks
//! Each scope has one lock for its state. A thread that holds it may take the lock of a scope inside it, never of one around it. No user
//! code runs under it, and it is not held while a hook is added to a shutdown or removed from one: that wakes futures.

use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::shutdown::{PreparedShutdown, ReportSink};
use crate::drain::{self, InFlight, ScopeDrain};
use crate::hook::HookRef;
use crate::hook::registry::{HookSink, Registered, RemovedBy, TooLateError};
use crate::install::handle::INSTALLED;
use crate::output::final_report::FinalReport;
use crate::plan::budget::{Budget, GraceError};
use crate::report::Report;
use crate::run::Run;
use crate::telemetry::Event;
use crate::telemetry::log_line::{Level, write_message};
use crate::trigger::{Message, Trigger};

/// Describes why a scope was not stopped by a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScopeError {
    /// Work, a task or a hook of the scope itself made the call, and would wait for itself.
    Inside {
        /// The path of the scope.
        scope: String,
    },
    /// The process is shutting down, which includes the scope.
    ProcessShutdown {
        /// The path of the scope.
        scope: String,
    },
    /// The system refused a thread or a descriptor.
    System {
        /// The path of the scope.
        scope: String,
        /// The error of the system.
        error: String,
    },
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inside { scope } => write!(
                f,
                "`shut_down` of scope {scope} was called by the scope's own work, which would wait for itself; call \
                 `request_shutdown` and return"
            ),
            Self::ProcessShutdown { scope } => {
                write!(f, "the process is shutting down, which stops scope {scope}, too")
            }
            Self::System { scope, error } => {
                write!(f, "the system refused the shutdown of scope {scope}: {error}; the scope goes on")
            }
        }
    }
}

impl std::error::Error for ScopeError {}

/// A scope, shared by its clones and by everything that belongs to it.
pub(crate) struct ScopeCore {
    drain: Arc<ScopeDrain>,
    around: Option<Arc<ScopeCore>>,
    contains_failures: AtomicBool,
    /// `None` for that of the scope around it, or of the process.
    budget: Mutex<Option<Budget>>,
    /// Where the scope was made.
    location: &'static Location<'static>,
    state: Mutex<ScopeState>,
    /// Shared with the scope around it, if that one was not running when this one was made.
    report: Arc<FinalReport>,
}

enum ScopeState {
    Running(Members),
    /// This run stops the scope.
    Stopping(Arc<Run>),
    Ended,
    /// The scope was made inside one that was not running any more, and shares its state.
    OfScopeAround,
}

/// What belongs to a scope that runs.
#[derive(Default)]
struct Members {
    /// The hooks of the scope, by their identity. They are registered with the process as well.
    hooks: HashMap<usize, MemberHook>,
    scopes: Vec<Weak<ScopeCore>>,
}

struct MemberHook {
    /// The order of registration, also across scopes.
    number: u64,
    hook: HookRef,
    after: Vec<HookRef>,
}

impl fmt::Debug for ScopeCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScopeCore").field(&self.drain.path()).finish()
    }
}

impl ScopeCore {
    #[track_caller]
    pub(super) fn new(name: &str, around: Option<&Arc<Self>>) -> Arc<Self> {
        let location = Location::caller();
        let make = |state, report| {
            Arc::new(Self {
                drain: ScopeDrain::new(name, around.map(|around| Arc::clone(&around.drain))),
                around: around.cloned(),
                contains_failures: AtomicBool::new(false),
                budget: Mutex::new(None),
                location,
                state: Mutex::new(state),
                report,
            })
        };
        let Some(around) = around else { return make(ScopeState::Running(Members::default()), Arc::default()) };
        // Held to the end, so that a shutdown of the scope around either finds this one or has begun before.
        let mut state = around.lock();
        let ScopeState::Running(members) = &mut *state else {
            return make(ScopeState::OfScopeAround, Arc::clone(&around.report));
        };
        let core = make(ScopeState::Running(Members::default()), Arc::default());
        // So that a scope whose inner scopes come and go does not grow.
        members.scopes.retain(|scope| scope.strong_count() > 0);
        members.scopes.push(Arc::downgrade(&core));
        core
    }

    pub(crate) fn drain(&self) -> &Arc<ScopeDrain> {
        &self.drain
    }

    pub(super) fn report(&self) -> &FinalReport {
        &self.report
    }

    pub(super) fn contain_failures(&self) {
        // Relaxed: the task that fails was made after this call, by a thread that knows of it.
        self.contains_failures.store(true, Ordering::Relaxed);
    }

    pub(super) fn set_grace_period(&self, period: Duration) -> Result<(), GraceError> {
        *self.own_budget() = Some(Budget::of_program(period)?);
        Ok(())
    }

    fn own_budget(&self) -> MutexGuard<'_, Option<Budget>> {
        self.budget.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, ScopeState> {
        // Only a failed allocation can panic under the lock, and it leaves the state as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the budget of a shutdown of this scope alone.
    fn budget(&self) -> Budget {
        let own = self.levels().find_map(|scope| *scope.own_budget());
        own.or_else(|| INSTALLED.get().map(|handle| handle.plan().budget())).unwrap_or_else(Budget::without_platform)
    }

    /// Returns this scope and the scopes around it.
    fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |scope| scope.around.as_deref())
    }

    /// Adds a hook to the scope, and to the process.
    pub(crate) fn add(&self, hook: &HookRef, after: &[HookRef]) -> Result<(), TooLateError> {
        if let Some(stopping) = self.stopping(hook)? {
            return stopping.add(hook.clone(), after);
        }
        Registered::global().add(hook.clone(), after.to_vec())?;
        if self.join_hook(hook, after) {
            return Ok(());
        }
        // The scope was stopped meanwhile, and has not seen the hook. It belongs into that shutdown.
        if !Registered::global().remove(hook, RemovedBy::Program) {
            // The shutdown of the process has taken it.
            return Ok(());
        }
        match self.stopping(hook)? {
            Some(stopping) => stopping.add(hook.clone(), after),
            None => Ok(()),
        }
    }

    /// Returns the run that stops the scope, if any.
    ///
    /// # Errors
    /// The shutdown of the scope is over, so it is too late for this hook.
    fn stopping(&self, hook: &HookRef) -> Result<Option<Arc<Run>>, TooLateError> {
        let around = match &*self.lock() {
            ScopeState::Running(_) => return Ok(None),
            ScopeState::Stopping(run) => return Ok(Some(Arc::clone(run))),
            ScopeState::Ended => return Err(TooLateError { name: hook.name.to_string(), phase: hook.phase }),
            ScopeState::OfScopeAround => self.around.as_ref(),
        };
        // After the lock, which comes behind that of the scope around.
        around.map_or(Ok(None), |around| around.stopping(hook))
    }

    /// Records a hook of the process as one of this scope. Returns `false` if the scope does not run any more.
    fn join_hook(&self, hook: &HookRef, after: &[HookRef]) -> bool {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        match &mut *self.lock() {
            ScopeState::Running(members) => {
                // Relaxed: only the order of the numbers matters.
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let member = MemberHook { number, hook: hook.clone(), after: after.to_vec() };
                members.hooks.insert(hook.identity(), member);
                true
            }
            ScopeState::Stopping(_) | ScopeState::Ended | ScopeState::OfScopeAround => false,
        }
    }

    /// Removes a hook that has not started. Returns whether the hook will not run because of this call.
    ///
    /// Returns `false` during the microseconds in which a hook passes from the process to the shutdown of the scope. The
    /// hook then runs, as if it had started.
    pub(crate) fn remove(&self, hook: &HookRef, by: RemovedBy) -> bool {
        let member = match &mut *self.lock() {
            ScopeState::Running(members) => members.hooks.remove(&hook.identity()),
            ScopeState::Stopping(_) | ScopeState::Ended | ScopeState::OfScopeAround => None,
        };
        let stopping = self.stopping(hook).ok().flatten();
        let removed = stopping.is_some_and(|run| run.remove(hook, by)) || Registered::global().remove(hook, by);
        // After the lock: it may be the last owner of the user's closure.
        drop(member);
        removed
    }

    /// Takes the hooks of an inner scope that ends without a shutdown. Returns them if this scope does not run any more.
    fn adopt(&self, inner: Members) -> Option<Members> {
        match &mut *self.lock() {
            ScopeState::Running(members) => {
                members.hooks.extend(inner.hooks);
                None
            }
            ScopeState::Stopping(_) | ScopeState::Ended | ScopeState::OfScopeAround => Some(inner),
        }
    }

    /// Stops the scope. Returns at once. Returns `false` if the scope is being stopped or has ended already.
    pub(super) fn begin(self: &Arc<Self>, trigger: Trigger) -> Result<bool, ScopeError> {
        if !matches!(*self.lock(), ScopeState::Running(_)) {
            return Ok(false);
        }
        let scope = || self.drain.path().to_owned();
        // Before the look at the stage: the drain phase of the process then waits for this shutdown.
        let in_flight = drain::in_flight_shutdown(&self.drain, self.location);
        if !drain::is_ready() {
            return Err(ScopeError::ProcessShutdown { scope: scope() });
        }
        let refused = |error: std::io::Error| ScopeError::System { scope: scope(), error: error.to_string() };
        let prepared = PreparedShutdown::new(&self.drain, self.budget()).map_err(refused)?;
        let mut stopped = Stopped::default();
        self.stop(prepared.run(), &mut stopped);
        let Stopped { scopes, mut hooks, ended } = stopped;
        // Outside of the locks: these may be the last owners.
        drop(ended);
        if scopes.is_empty() {
            // Another call was faster.
            return Ok(false);
        }
        hooks.sort_by_key(|member| member.number);
        for MemberHook { hook, after, .. } in hooks {
            // A hook that the process has taken meanwhile runs there.
            if Registered::global().remove(&hook, RemovedBy::Program) {
                // Cannot be too late: the run has not begun.
                let _ = prepared.run().add(hook, &after);
            }
        }
        prepared.begin(
            &self.drain,
            trigger,
            Arc::new(StoppedScopes { scopes, in_flight: Mutex::new(Some(in_flight)) }),
        );
        Ok(true)
    }

    /// Takes the hooks of this scope and of those inside it that run, which this run stops from now on.
    fn stop(self: &Arc<Self>, run: &Arc<Run>, stopped: &mut Stopped) {
        let mut state = self.lock();
        let ScopeState::Running(members) = &mut *state else { return stopped.ended.push(Arc::clone(self)) };
        let members = std::mem::take(members);
        *state = ScopeState::Stopping(Arc::clone(run));
        stopped.scopes.push(Arc::clone(self));
        stopped.hooks.extend(members.hooks.into_values());
        // Under the lock: a scope that is made inside this one meanwhile finds this one stopping.
        members.scopes.iter().filter_map(Weak::upgrade).for_each(|inner| inner.stop(run, stopped));
    }

    /// Takes a failed task of this scope. Returns the failure if it is for the process.
    pub(crate) fn receive_failure(self: &Arc<Self>, failure: Trigger) -> Option<Trigger> {
        let mut level = Some(self);
        while let Some(scope) = level {
            let taker = scope.failure_taker();
            match taker {
                FailureTaker::Around => level = scope.around.as_ref(),
                FailureTaker::Run(run) => {
                    run.send(Message::Trigger(failure));
                    return None;
                }
                FailureTaker::None => {
                    warn_of_late_failure(scope.drain.path(), &failure);
                    return None;
                }
                FailureTaker::Scope => match scope.begin(failure.clone()) {
                    Ok(true) => return None,
                    // Another call was faster: its run takes the failure.
                    Ok(false) => {}
                    // The process must not go on without the task.
                    Err(_) => return Some(failure),
                },
            }
        }
        Some(failure)
    }

    fn failure_taker(&self) -> FailureTaker {
        match &*self.lock() {
            // Relaxed: see `contain_failures`.
            ScopeState::Running(_) if self.contains_failures.load(Ordering::Relaxed) => FailureTaker::Scope,
            ScopeState::Running(_) | ScopeState::OfScopeAround => FailureTaker::Around,
            ScopeState::Stopping(run) => FailureTaker::Run(Arc::clone(run)),
            ScopeState::Ended => FailureTaker::None,
        }
    }
}

/// Who takes the failure of a task of a scope.
enum FailureTaker {
    /// The scope, which stops.
    Scope,
    /// The shutdown of the scope.
    Run(Arc<Run>),
    /// The scope around it, or the process.
    Around,
    /// The scope has ended.
    None,
}

/// Logs that a task failed after the end of its scope, whose report named it as work that was cut off.
fn warn_of_late_failure(scope: &str, failure: &Trigger) {
    // Expected: the task was told to end.
    if matches!(failure, Trigger::TaskEnded { .. }) {
        return;
    }
    let line = format!("{failure}; scope {scope} had ended before, so nothing else happens");
    match INSTALLED.get() {
        Some(handle) => handle.output().log(Event::Warning(line)),
        None => write_message(Level::Warn, line),
    }
}

/// What a shutdown takes from the scopes that it stops.
#[derive(Default)]
struct Stopped {
    scopes: Vec<Arc<ScopeCore>>,
    hooks: Vec<MemberHook>,
    /// Scopes that did not run any more. Kept, so that none is dropped under a lock.
    ended: Vec<Arc<ScopeCore>>,
}

/// Passes the hooks of a scope whose last handle is dropped to the scope around it, which stops them.
impl Drop for ScopeCore {
    fn drop(&mut self) {
        let state = std::mem::replace(self.state.get_mut().unwrap_or_else(PoisonError::into_inner), ScopeState::Ended);
        // Without a scope around it that runs, the hooks stay with the process alone.
        let left = match (state, &self.around) {
            (ScopeState::Running(members), Some(around)) => around.adopt(members),
            (state, _) => state.into_members(),
        };
        // Outside of the lock: closures of the user may be dropped.
        drop(left);
    }
}

impl ScopeState {
    fn into_members(self) -> Option<Members> {
        match self {
            Self::Running(members) => Some(members),
            Self::Stopping(_) | Self::Ended | Self::OfScopeAround => None,
        }
    }
}

/// The scopes that one run has stopped.
struct StoppedScopes {
    scopes: Vec<Arc<ScopeCore>>,
    in_flight: Mutex<Option<InFlight>>,
}

impl ReportSink for StoppedScopes {
    fn set(&self, report: &Arc<Report>) {
        for scope in &self.scopes {
            let run = std::mem::replace(&mut *scope.lock(), ScopeState::Ended);
            // After the lock. The run is also held by the caller, so nothing of the user is dropped here.
            drop(run);
            scope.drain.clear_wake();
            scope.report.set(Arc::clone(report));
        }
        // Last: the drain phase of the process may end now.
        let ended = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(ended);
    }

    fn wake_waiters(&self) {
        self.scopes.iter().for_each(|scope| scope.report.wake_waiters());
    }
}
