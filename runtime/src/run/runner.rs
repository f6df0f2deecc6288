//! A thread in, hooks run on it until all is over.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::cancel::{Cancel, Cancellable, guarded, outcome};
use super::context::Given;
use super::culprit::Seat;
use super::engine::{Engine, Next, Task};
use super::hook_runtime::HookRuntime;
use super::machine::Finish;
use crate::hook::{Call, Entered};
use crate::plan::Id;
use crate::report::Outcome;
use crate::telemetry::HookSpan;

/// How long a runner drives the hooks that share its runtime before it looks for more.
const MOMENT: Duration = Duration::from_millis(2);

/// Runs hooks until all is over, then ends the shutdown if nobody else does.
pub(super) fn run(engine: &Arc<Engine>, mut runtime: HookRuntime) {
    engine.mailbox.masks().run_hooks();
    let seat = Seat::take(engine);
    let mut finished = None;
    loop {
        match engine.next(finished.take()) {
            Next::Run(task) => {
                seat.runs(task.id);
                finished = execute(engine, &mut runtime, &task);
            }
            Next::Over => break engine.conclude(),
            Next::Nothing if runtime.is_shared() => runtime.drive(MOMENT),
            Next::Nothing => engine.wait_for_work(),
        }
    }
}

/// Runs the hook; `None` where it goes on beside others and will speak for itself.
fn execute(engine: &Arc<Engine>, runtime: &mut HookRuntime, task: &Task) -> Option<(Id, Finish)> {
    let began = engine.began()?;
    let given = Given {
        values: &*engine.values,
        trigger: &began.trigger,
        hurry: &engine.hurry,
        began: began.at,
        phase: task.hook.phase,
        limit: task.limit,
    };
    let call = Call::new(&given);
    let span = engine.surroundings.span(&task.hook);
    let begin = |context: &mut Context<'_>| match span.within(|| guarded(|| task.hook.body.enter(&call))) {
        Ok(Entered::Ended(result)) => First::Over(Finish::Ended(outcome(result))),
        Ok(Entered::Waits(future)) => First::poll(Cancellable::new(span.around(future)), context),
        Err(finish) => First::Over(finish),
    };
    let is_async = task.hook.body.is_async();
    let first = match runtime.get_if(is_async) {
        // Inside it also the future is made: an async function may want a runtime already for that.
        Some(tokio) => tokio.block_on(poll_fn(|context| Poll::Ready(begin(context)))),
        None if is_async => First::Over(Finish::Ended(Outcome::Failed("the system refused an async runtime".to_owned()))),
        None => begin(&mut Context::from_waker(Waker::noop())),
    };
    let (finish, span) = match first {
        First::Over(finish) => (finish, span),
        First::Waits(future) => wait(engine, runtime, (task.id, began.at), (future, span))?,
    };
    span.close(finish.name());
    if !is_async || runtime.is_tidy() {
        return Some((task.id, finish));
    }
    // Told before tidying up: what the hook left behind may take long to drop.
    engine.finish(task.id, finish);
    runtime.renew();
    None
}

/// What came of a hook's first step.
enum First {
    Over(Finish),
    Waits(Cancellable),
}

impl First {
    fn poll(mut future: Cancellable, context: &mut Context<'_>) -> Self {
        match Pin::new(&mut future).poll(context) {
            Poll::Ready(finish) => Self::Over(finish),
            Poll::Pending => Self::Waits(future),
        }
    }
}

/// The hook is not over yet: others go on meanwhile on another thread, or beside it where there is none.
fn wait(
    engine: &Arc<Engine>,
    runtime: &mut HookRuntime,
    (id, began): (Id, Instant),
    (mut future, span): (Cancellable, HookSpan),
) -> Option<(Finish, HookSpan)> {
    let cancel = Arc::new(Cancel::new(began));
    future.cancelled_by(Arc::clone(&cancel));
    engine.hold(id, cancel);
    if engine.pass_on() {
        return Some((runtime.get()?.block_on(future), span));
    }
    share(engine, runtime, id, (future, span));
    None
}

/// No other thread can be had: the hook goes on beside those that this runner takes next.
fn share(engine: &Arc<Engine>, runtime: &mut HookRuntime, id: Id, (future, span): (Cancellable, HookSpan)) {
    let shared = Arc::clone(runtime.shared());
    let engine = Arc::clone(engine);
    shared.fetch_add(1, Ordering::SeqCst);
    if let Some(tokio) = runtime.get() {
        tokio.spawn(async move {
            let finish = future.await;
            span.close(finish.name());
            shared.fetch_sub(1, Ordering::SeqCst);
            engine.finish(id, finish);
        });
    }
}
