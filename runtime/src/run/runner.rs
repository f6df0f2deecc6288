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
    // An async function may want a runtime already when it makes its future.
    let entered = if task.hook.body.is_async() { runtime.get().map(tokio::runtime::Runtime::enter) } else { None };
    let result = guarded(|| task.hook.body.enter(&call));
    drop(entered);
    match result {
        Ok(Entered::Ended(result)) => Some((task.id, Finish::Ended(outcome(result)))),
        Ok(Entered::Waits(future)) => execute_async(engine, runtime, (task.id, began.at), future),
        Err(finish) => Some((task.id, finish)),
    }
}

fn execute_async(
    engine: &Arc<Engine>,
    runtime: &mut HookRuntime,
    (id, began): (Id, Instant),
    future: HookFuture,
) -> Option<(Id, Finish)> {
    let mut future = Cancellable::new(future);
    let Some(tokio) = runtime.get() else {
        let refused = "the system refused an async runtime".to_owned();
        return Some((id, Finish::Ended(Outcome::Failed(refused))));
    };
    let first = tokio.block_on(poll_fn(|context| Poll::Ready(Pin::new(&mut future).poll(context))));
    let (finish, waited) = match first {
        Poll::Ready(finish) => (finish, false),
        Poll::Pending => {
            let cancel = Arc::new(Cancel::new(began));
            future.cancelled_by(Arc::clone(&cancel));
            engine.hold(id, cancel);
            if !engine.ensure_supervisor() || !engine.pass_on() {
                share(engine, runtime, id, future);
                return None;
            }
            (tokio.block_on(future), true)
        }
    };
    // Told before tidying up: what the hook left behind may take long to drop.
    engine.finish(id, finish);
    runtime.tidy(waited);
    None
}

/// No other thread can be had: the hook goes on beside those that this runner takes next.
fn share(engine: &Arc<Engine>, runtime: &mut HookRuntime, id: Id, future: Cancellable) {
    let shared = Arc::clone(runtime.shared());
    let engine = Arc::clone(engine);
    shared.fetch_add(1, Ordering::SeqCst);
    if let Some(tokio) = runtime.get() {
        tokio.spawn(async move {
            let finish = future.await;
            shared.fetch_sub(1, Ordering::SeqCst);
            engine.finish(id, finish);
        });
    }
}
