//! Runs hooks on one thread until the shutdown is over.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::began::Began;
use super::driver::{Next, Task};
use super::hook_future::{CancelHandle, Cancellable, guarded, outcome};
use super::hook_runtime::{BuiltRuntime, HookRuntime};
use super::hook_stack::spawn_hook_thread;
use super::shared::Run;
use super::state::Finish;
use super::tokio_context::TokioContext;
use super::worker_slot::WorkerSlot;
use crate::hook::context::HookArgs;
use crate::hook::{Call, Phase, Started};
use crate::os;
use crate::plan::Id;
use crate::report::Outcome;
use crate::telemetry::{HookSpan, TELEMETRY};

/// How long a worker drives only the hooks that share its runtime. This is short compared with a hook that waits, and
/// long compared with one step.
pub(super) const MOMENT: Duration = Duration::from_millis(2);
/// How many async hooks are started in one batch. Together they have the budget that tokio gives one task before it
/// must yield.
const SERIES: usize = 16;
/// How long a hook that has returned waits for the tasks that it spawned: enough to send a last message, and short
/// compared with a connection that a client keeps open.
const TASK_GRACE: Duration = Duration::from_millis(250);

/// Runs hooks until all have ended, then ends the shutdown if no other worker does.
pub(super) fn run(run: &Arc<Run>, runtime: HookRuntime) {
    let Some(mut worker) = Worker::new(run, runtime) else { return };
    while worker.step(Run::wait_for_work) {}
    run.finalize();
}

/// One thread that runs hooks.
pub(super) struct Worker<'a> {
    run: &'a Arc<Run>,
    began: &'a Began,
    slot: Arc<WorkerSlot>,
    runtime: HookRuntime,
    next: Next,
    /// Whether no other worker can take what is queued later, so that this one must not wait for a single hook.
    is_alone: bool,
}

impl<'a> Worker<'a> {
    /// Makes the calling thread a worker. Returns `None` before the trigger.
    pub(super) fn new(run: &'a Arc<Run>, runtime: HookRuntime) -> Option<Self> {
        // First: threads and children that hooks start inherit this mask.
        run.inbox.masks().apply_hook_mask();
        let Some(began) = run.began() else {
            debug_assert!(false, "workers start after the trigger");
            return None;
        };
        let slot = WorkerSlot::take();
        // Before the first task, so that the supervisor finds the thread of a hook that hangs.
        run.lock().slots.push(Arc::clone(&slot));
        let next = run.next(None);
        Some(Self { run, began, slot, runtime, next, is_alone: false })
    }

    /// Makes the calling thread a worker where no other can be had.
    pub(super) fn alone(run: &'a Arc<Run>) -> Option<Self> {
        Self::new(run, HookRuntime::of_waiting_thread()).map(|worker| Self { is_alone: true, ..worker })
    }

    /// Returns whether hooks wait in the runtime of this worker, which drives them between its steps.
    pub(super) fn has_waiting_hooks(&self) -> bool {
        self.runtime.is_shared()
    }

    /// Runs the next task, or waits for one by `wait`. Returns false when the shutdown is over.
    pub(super) fn step(&mut self, wait: impl FnOnce(&Run)) -> bool {
        self.next = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Run(task) => {
                let next = self.execute(task);
                self.slot.clear();
                next
            }
            Next::Wake(wake_up) => {
                self.slot.while_waking(|| wake_up.run());
                self.run.next(None)
            }
            Next::Over => return false,
            // The hooks that share this runtime run only while this thread drives it. So it does not block for new tasks.
            Next::Nothing if self.runtime.is_shared() => {
                self.runtime.drive(MOMENT);
                self.run.next(None)
            }
            Next::Nothing => {
                wait(self.run);
                self.run.next(None)
            }
        };
        true
    }
}

/// Methods that start more workers.
impl Run {
    /// Makes another worker take the queued tasks. Returns false if no worker is idle and none can be started.
    fn pass_on(self: &Arc<Self>) -> bool {
        self.has_worker_for_queue() || self.spawn_worker()
    }

    /// Starts one more worker. Returns false if the system or our own maximum refuses.
    pub(super) fn spawn_worker(self: &Arc<Self>) -> bool {
        // Counted before the thread exists: two threads that start workers at once must not exceed the maximum.
        if !self.count_worker() {
            return false;
        }
        let shared = Arc::clone(self);
        let spawned = spawn_hook_thread("shutdown-hooks", move || run(&shared, HookRuntime::default())).is_ok();
        if !spawned {
            self.lock().workers -= 1;
        }
        spawned
    }

    /// Returns whether a worker is finalizing or can be started to.
    pub(super) fn can_finalize(self: &Arc<Self>) -> bool {
        self.has_finalizing_worker() || self.spawn_worker()
    }
}

/// How far a hook came in its first step.
enum First {
    Over(Finish),
    Waits(Waiting),
}

/// A hook that has not ended yet.
type Waiting = (Cancellable, HookSpan);

/// Why a batch ends.
enum Stop {
    Next(Next),
    /// This hook has returned, and left tasks or threads in its runtime.
    LeftTasks(Id, Finish),
    Waits(Id, Waiting),
}

impl Worker<'_> {
    /// Runs the hook, and as many after it as fit into one batch. Returns the next task.
    fn execute(&mut self, task: Task) -> Next {
        // Taken out, because the worker is borrowed while its runtime runs the hook.
        let mut runtime = std::mem::take(&mut self.runtime);
        let next = self.execute_in(&mut runtime, task);
        self.runtime = runtime;
        next
    }

    fn execute_in(&self, runtime: &mut HookRuntime, task: Task) -> Next {
        if !task.hook.body.is_async() {
            return self.execute_sync(runtime, &task);
        }
        let stop = if let Some(made) = runtime.get() {
            let (mut task, mut stop) = (Some(task), None);
            made.block_on(pin!(poll_fn(|context| {
                stop = task.take().map(|task| self.series(made, task, context));
                Poll::Ready(())
            })));
            stop.unwrap_or_else(|| {
                debug_assert!(false, "a runtime polls the future that it blocks on");
                Stop::Next(Next::Nothing)
            })
        } else {
            let refused = Outcome::Failed(runtime.refusal().into());
            Stop::Next(self.run.next(Some((task.id, Finish::Ended(refused)))))
        };
        match stop {
            Stop::Next(next) => next,
            Stop::LeftTasks(id, finish) => self.finish_with_tasks(runtime, id, finish),
            Stop::Waits(id, waiting) => self.wait(runtime, id, waiting),
        }
    }

    /// Runs a sync hook in a tokio context.
    fn execute_sync(&self, runtime: &mut HookRuntime, task: &Task) -> Next {
        let tokio = match self.run.program_runtime() {
            // Without threads, nothing drives the program's runtime while a hook runs.
            Some(program) if os::HAS_THREADS => TokioContext::of_program(program),
            _ => TokioContext::of_worker(runtime.get()),
        };
        // A sync hook has no future, so there is nothing to wake.
        let mut context = Context::from_waker(Waker::noop());
        let entered = tokio.enter();
        let first = self.begin(task, &mut context);
        drop(entered);
        let finish = match first {
            First::Over(finish) => finish,
            First::Waits(waiting) => return self.wait(runtime, task.id, waiting),
        };
        if tokio.has_left_tasks() {
            return self.finish_with_tasks(runtime, task.id, finish);
        }
        // Before, the program serves, and its own tasks come and go.
        if task.hook.phase > Phase::Drain {
            tokio.wait_for_program_tasks(TASK_GRACE.min(self.run.time_left(task.id)));
        }
        self.run.next(Some((task.id, finish)))
    }

    /// Starts async hooks inside the runtime, because an async function may need the runtime when it makes its future.
    fn series(&self, made: &BuiltRuntime, mut task: Task, context: &mut Context<'_>) -> Stop {
        for _ in 0..SERIES {
            let finish = match self.begin(&task, context) {
                First::Over(finish) => finish,
                First::Waits(waiting) => return Stop::Waits(task.id, waiting),
            };
            // The next hook must not run among the tasks of this one.
            if !made.is_tidy() {
                return Stop::LeftTasks(task.id, finish);
            }
            match self.run.next(Some((task.id, finish))) {
                Next::Run(next) if next.hook.body.is_async() => task = next,
                next => return Stop::Next(next),
            }
        }
        Stop::Next(Next::Run(task))
    }

    /// Calls the hook's function and polls its future once. Most hooks end here.
    fn begin(&self, task: &Task, context: &mut Context<'_>) -> First {
        // Before the span: if the subscriber blocks, the diagnosis of this hook says where.
        self.slot.set_hook(task.id);
        let span = self.run.output.span(&task.hook);
        // The span may have waited for a subscriber. The hook's time does not include that wait.
        let limit = if TELEMETRY { self.run.restart_clock(task.id).unwrap_or(task.limit) } else { task.limit };
        let args = HookArgs {
            values: &*self.run.values,
            trigger: &self.began.trigger,
            fast: &self.run.fast,
            began: self.began.at,
            phase: task.hook.phase,
            limit,
        };
        let call = Call::new(&args);
        let finish = match span.run_inside(|| guarded(|| task.hook.body.start(&call))) {
            Ok(Started::Ended(result)) => Finish::Ended(outcome(result)),
            Ok(Started::Pending(future)) => {
                let mut future = Cancellable::new(span.wrap_future(future));
                match Pin::new(&mut future).poll(context) {
                    Poll::Ready(finish) => finish,
                    Poll::Pending => return First::Waits((future, span)),
                }
            }
            Err(finish) => finish,
        };
        span.end(finish.name());
        First::Over(finish)
    }

    /// Waits for the hook's end. Meanwhile another thread runs other hooks, or this thread does if there is no other.
    fn wait(&self, runtime: &mut HookRuntime, id: Id, (mut future, span): Waiting) -> Next {
        let cancel = Arc::new(CancelHandle::new(self.began.at));
        future.cancelled_by(Arc::clone(&cancel));
        // Before this thread waits: from here on, the supervisor can cancel the future.
        self.run.watch_future(id, cancel);
        // A worker that waits for one hook would leave the queue without a worker.
        if self.is_alone || !self.run.pass_on() {
            self.share(runtime, id, (future, span));
            return self.run.next(None);
        }
        let Some(made) = runtime.get() else {
            debug_assert!(false, "the future was polled inside this runtime");
            return Next::Nothing;
        };
        let mut finish = Finish::Dropped;
        made.block_on(pin!(async { finish = future.await }));
        span.end(finish.name());
        if made.is_tidy() { self.run.next(Some((id, finish))) } else { self.finish_with_tasks(runtime, id, finish) }
    }

    /// Waits a moment for the tasks that a hook has spawned, then drops them.
    fn finish_with_tasks(&self, runtime: &mut HookRuntime, id: Id, finish: Finish) -> Next {
        let grace = match finish {
            Finish::Ended(_) => TASK_GRACE.min(self.run.time_left(id)),
            // The hook has had its time.
            Finish::Dropped => Duration::ZERO,
        };
        let left_tasks = runtime.finish_tasks(grace);
        // The end is recorded before the runtime is dropped, because the drop of leftover tasks runs user code and may
        // take long.
        self.run.finish(id, finish, left_tasks);
        runtime.renew();
        self.run.next(None)
    }

    /// Keeps the hook running alongside those that this worker takes next, because no other thread can be started.
    fn share(&self, runtime: &mut HookRuntime, id: Id, (future, span): Waiting) {
        let shared = Arc::clone(runtime.shared());
        let run = Arc::clone(self.run);
        // Before the task exists, because the task counts down. Relaxed: this thread alone runs the task.
        shared.fetch_add(1, Ordering::Relaxed);
        if let Some(made) = runtime.get() {
            made.tokio.spawn(async move {
                let finish = future.await;
                span.end(finish.name());
                shared.fetch_sub(1, Ordering::Relaxed);
                run.finish(id, finish, 0);
            });
        }
    }
}
