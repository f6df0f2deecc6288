//! A thread in, hooks run on it until all is over.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::cancel::{Cancel, Cancellable, guarded, outcome};
use super::context::Given;
use super::culprit::Seat;
use super::engine::{Engine, Next, Task};
use super::hook_runtime::HookRuntime;
use super::machine::Finish;
use super::supervisor::{self, Watch};
use crate::hook::{Call, Entered, HookFuture};
use crate::plan::Id;
use crate::report::Outcome;
use crate::telemetry::HookSpan;

/// How long a runner that has to do everything by itself lets its hooks wait before it looks after them.
const MOMENT: Duration = Duration::from_millis(2);

/// Runs hooks until all is over, then ends the shutdown if nobody else does.
pub(super) fn run(engine: &Arc<Engine>, mut runtime: HookRuntime) {
    engine.mailbox.masks().run_hooks();
    let seat = Seat::take(engine);
    let mut watch = Watch::default();
    let mut finished = None;
    loop {
        match engine.next(finished.take()) {
            Next::Run(task) => {
                seat.runs(task.id);
                finished = execute(engine, &mut runtime, &task);
            }
            Next::Over => break engine.conclude(),
            Next::Nothing if runtime.is_shared() || !engine.ensure_supervisor() => {
                runtime.drive(MOMENT);
                supervisor::step_alone(engine, &mut watch);
            }
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
    // An async function may want a runtime already when it makes its future.
    let entered = if task.hook.body.is_async() { runtime.get().map(tokio::runtime::Runtime::enter) } else { None };
    let result = span.within(|| guarded(|| task.hook.body.enter(&call)));
    drop(entered);
    match result {
        Ok(Entered::Ended(result)) => ended(task.id, Finish::Ended(outcome(result)), span),
        Ok(Entered::Waits(future)) => execute_async(engine, runtime, (task.id, began.at), (span.around(future), span)),
        Err(finish) => ended(task.id, finish, span),
    }
}

fn ended(id: Id, finish: Finish, span: HookSpan) -> Option<(Id, Finish)> {
    span.close(finish.name());
    Some((id, finish))
}

fn execute_async(
    engine: &Arc<Engine>,
    runtime: &mut HookRuntime,
    (id, began): (Id, Instant),
    (future, span): (HookFuture, HookSpan),
) -> Option<(Id, Finish)> {
    let mut future = Cancellable::new(future);
    let Some(tokio) = runtime.get() else {
        let refused = "the system refused an async runtime".to_owned();
        return ended(id, Finish::Ended(Outcome::Failed(refused)), span);
    };
    let first = tokio.block_on(poll_fn(|context| Poll::Ready(Pin::new(&mut future).poll(context))));
    let (finish, waited) = match first {
        Poll::Ready(finish) => (finish, false),
        Poll::Pending => {
            let cancel = Arc::new(Cancel::new(began));
            future.cancelled_by(Arc::clone(&cancel));
            engine.hold(id, cancel);
            if !engine.ensure_supervisor() || !engine.pass_on() {
                share(engine, runtime, id, (future, span));
                return None;
            }
            (tokio.block_on(future), true)
        }
    };
    span.close(finish.name());
    // Told before tidying up: what the hook left behind may take long to drop.
    engine.finish(id, finish);
    runtime.tidy(waited);
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
