//! A thread in, hooks run on it until all is over.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::cancel::{Cancel, Cancellable, guarded, outcome};
use super::context::Given;
use super::culprit::Seat;
use super::engine::{Began, Engine, Next, Task};
use super::hook_runtime::{HookRuntime, Made};
use super::machine::Finish;
use super::supervisor::{self, Watch};
use crate::hook::{Call, Entered};
use crate::plan::Id;
use crate::report::Outcome;
use crate::telemetry::HookSpan;

/// How long a runner does nothing but drive the hooks that share its runtime, or wait between two looks.
const MOMENT: Duration = Duration::from_millis(2);
/// So many async hooks are begun in one go. Together they have what tokio lets one task do before it has to yield.
const SERIES: usize = 16;

/// Runs hooks until all is over, then ends the shutdown if nobody else does. With a watch this is the supervisor's
/// thread, which looks after the hooks in between.
pub(super) fn run(engine: &Arc<Engine>, mut runtime: HookRuntime, mut watch: Option<Watch>) {
    engine.mailbox.masks().run_hooks();
    let Some(began) = engine.began() else { return };
    let runner = Runner { engine, began, seat: Seat::take(engine) };
    let mut next = engine.next(None);
    loop {
        next = match next {
            Next::Run(task) => runner.execute(&mut runtime, task),
            Next::Over => break engine.conclude(),
            Next::Nothing if runtime.is_shared() => {
                runtime.drive(MOMENT);
                engine.next(None)
            }
            Next::Nothing => {
                if watch.is_some() {
                    engine.mailbox.wait(Some(MOMENT))
                } else {
                    engine.wait_for_work()
                }
                engine.next(None)
            }
        };
        if let Some(watch) = &mut watch {
            supervisor::look(engine, watch);
        }
    }
}

struct Runner<'a> {
    engine: &'a Arc<Engine>,
    began: &'a Began,
    seat: Arc<Seat>,
}

/// What came of a hook's first step.
enum First {
    Over(Finish),
    Waits(Waiting),
}

/// A hook that is not over yet.
type Waiting = (Cancellable, HookSpan);

/// Why no more hooks are begun in one go.
enum Stop {
    Next(Next),
    /// This hook is over, and left something behind.
    Untidy(Id, Finish),
    Waits(Id, Waiting),
}

impl Runner<'_> {
    /// Runs the hook, and as many after it as can be run in one go; answers with what is next.
    fn execute(&self, runtime: &mut HookRuntime, task: Task) -> Next {
        let stop = if !task.hook.body.is_async() {
            let mut context = Context::from_waker(Waker::noop());
            match self.begin(&task, &mut context) {
                First::Over(finish) => Stop::Next(self.engine.next(Some((task.id, finish)))),
                First::Waits(waiting) => Stop::Waits(task.id, waiting),
            }
        } else if let Some(made) = runtime.get() {
            let mut task = Some(task);
            let series = poll_fn(|context| match task.take() {
                Some(task) => Poll::Ready(self.series(made, task, context)),
                None => Poll::Pending,
            });
            made.tokio.block_on(series)
        } else {
            let refused = Outcome::Failed("the system refused an async runtime".to_owned());
            Stop::Next(self.engine.next(Some((task.id, Finish::Ended(refused)))))
        };
        match stop {
            Stop::Next(next) => next,
            Stop::Untidy(id, finish) => self.tidy_up(runtime, id, finish),
            Stop::Waits(id, waiting) => self.wait(runtime, id, waiting),
        }
    }

    /// Inside the runtime, which an async function may want already when it makes its future.
    fn series(&self, made: &Made, mut task: Task, context: &mut Context<'_>) -> Stop {
        for _ in 0..SERIES {
            let finish = match self.begin(&task, context) {
                First::Over(finish) => finish,
                First::Waits(waiting) => return Stop::Waits(task.id, waiting),
            };
            if !made.is_tidy() {
                return Stop::Untidy(task.id, finish);
            }
            match self.engine.next(Some((task.id, finish))) {
                Next::Run(next) if next.hook.body.is_async() => task = next,
                next => return Stop::Next(next),
            }
        }
        Stop::Next(Next::Run(task))
    }

    /// Most hooks end here.
    fn begin(&self, task: &Task, context: &mut Context<'_>) -> First {
        self.seat.runs(task.id);
        let given = Given {
            values: &*self.engine.values,
            trigger: &self.began.trigger,
            hurry: &self.engine.hurry,
            began: self.began.at,
            phase: task.hook.phase,
            limit: task.limit,
        };
        let call = Call::new(&given);
        let span = self.engine.surroundings.span(&task.hook);
        let finish = match span.within(|| guarded(|| task.hook.body.enter(&call))) {
            Ok(Entered::Ended(result)) => Finish::Ended(outcome(result)),
            Ok(Entered::Waits(future)) => {
                let mut future = Cancellable::new(span.around(future));
                match Pin::new(&mut future).poll(context) {
                    Poll::Ready(finish) => finish,
                    Poll::Pending => return First::Waits((future, span)),
                }
            }
            Err(finish) => finish,
        };
        span.close(finish.name());
        First::Over(finish)
    }

    /// Others go on meanwhile on another thread, or beside it where there is none.
    fn wait(&self, runtime: &mut HookRuntime, id: Id, (mut future, span): Waiting) -> Next {
        let cancel = Arc::new(Cancel::new(self.began.at));
        future.cancelled_by(Arc::clone(&cancel));
        self.engine.hold(id, cancel);
        if !self.engine.pass_on() {
            self.share(runtime, id, (future, span));
            return self.engine.next(None);
        }
        let Some(made) = runtime.get() else { return Next::Nothing };
        let finish = made.tokio.block_on(future);
        span.close(finish.name());
        if made.is_tidy() { self.engine.next(Some((id, finish))) } else { self.tidy_up(runtime, id, finish) }
    }

    /// Told before: what the hook left behind may take long to drop.
    fn tidy_up(&self, runtime: &mut HookRuntime, id: Id, finish: Finish) -> Next {
        self.engine.finish(id, finish);
        runtime.renew();
        self.engine.next(None)
    }

    /// No other thread can be had: the hook goes on beside those that this runner takes next.
    fn share(&self, runtime: &mut HookRuntime, id: Id, (future, span): Waiting) {
        let shared = Arc::clone(runtime.shared());
        let engine = Arc::clone(self.engine);
        shared.fetch_add(1, Ordering::SeqCst);
        if let Some(made) = runtime.get() {
            made.tokio.spawn(async move {
                let finish = future.await;
                span.close(finish.name());
                shared.fetch_sub(1, Ordering::SeqCst);
                engine.finish(id, finish);
            });
        }
    }
}
