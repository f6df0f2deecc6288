//! Tells servers and probes how far the shutdown is, and counts the work in flight.
//!
//! The run drives this folder by two calls: [`enter_stage`], then [`wake_waiters`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub use in_flight::{InFlight, in_flight};
pub(crate) use in_flight::{count_in_flight, list_in_flight, set_in_flight_wake, since_last_new_work};
pub(crate) use in_flight::{in_flight_at, in_flight_in, in_flight_shutdown};
pub(crate) use latch::Latch;
pub(crate) use main_work::{end_main, mark_main_thread, note_main_waits, note_question};
use scope::ScopeWait;
pub(crate) use scope::{Inside, ScopeDrain, is_inside};
pub(crate) use stage::Stage;
use stage::StageFlag;
pub(crate) use tracked::serve_with;
pub use tracked::{Tracked, track, track_fn};
pub(crate) use waiters::WaiterEntry;
use waiters::WaiterList;
pub use work_in_flight::WorkInFlight;

mod in_flight;
mod in_flight_count;
mod latch;
#[cfg(all(test, on_shutdown_loom))]
mod loom_models;
mod main_work;
mod marks;
pub(crate) mod names;
mod scope;
pub(crate) mod sites;
mod slots;
mod stage;
mod sync;
#[cfg(test)]
mod tests;
mod tracked;
mod waiters;
mod work_in_flight;

/// The stage of this program. A static without initialization, so that a probe costs one atomic load.
static STAGE: StageFlag = StageFlag::new();

/// The tasks of this program that wait for a stage. A static, so that it works before install and without a runtime.
static WAITERS: WaiterList = WaiterList::new();

/// Goes on to a stage, never back. Returns whether the stage changed.
///
/// One atomic operation: takes no lock and runs no user code, so the run may call it under its own lock. From the return
/// on, [`is_ready`] and [`is_draining`] show the stage, new futures are ready at once, and [`count_in_flight`] is exact.
/// Futures that wait already are woken by [`wake_waiters`], which must follow.
pub(crate) fn enter_stage(stage: Stage) -> bool {
    STAGE.enter(stage)
}

/// Wakes all futures that wait for this stage or an earlier one. Call it after [`enter_stage`], under no lock.
///
/// Runs user code: the wakers. A waker that panics does not affect the others. A waker that blocks holds up the calling
/// thread, so call this on a thread that the run can do without. The futures that are left are then woken by another
/// call, with the same stage or a later one, from another thread. [`has_waiters`] tells whether there are any. Calls may
/// run at the same time and be repeated: each waiting future is woken once.
///
/// Does nothing for a stage that was not entered.
pub(crate) fn wake_waiters(stage: Stage) {
    WAITERS.wake(&STAGE, stage);
}

/// Returns whether a future still waits for this stage or an earlier one without having been taken to be woken.
///
/// Runs no user code. While a call of [`wake_waiters`] is held up, `true` means that another call is needed.
pub(crate) fn has_waiters(stage: Stage) -> bool {
    WAITERS.has_waiters(stage)
}

/// Returns whether this instance wants new work: `true` until the trigger, `false` from then on.
///
/// One atomic load, for readiness probes. May be called before install and in libraries.
///
/// ```
/// /// The status code of the readiness probe.
/// fn readiness() -> u16 {
///     if on_shutdown::is_ready() { 200 } else { 503 }
/// }
/// # assert_eq!(readiness(), 200);
/// ```
#[must_use]
#[inline]
pub fn is_ready() -> bool {
    !STAGE.has_reached(Stage::Leaving)
}

/// Returns whether the drain delay is over: stop accepting, and finish the work that has begun.
///
/// One atomic load and one load of a thread-local value, for code that polls. May be called before install and in
/// libraries. A `main` that calls it is work in flight, as with [`draining`].
///
/// ```
/// # fn next_job() -> Option<u32> { None }
/// while !on_shutdown::is_draining() {
///     let Some(job) = next_job() else { break };
///     println!("job {job}");
/// }
/// ```
#[must_use]
#[inline]
pub fn is_draining() -> bool {
    main_work::note_question();
    STAGE.has_reached(Stage::Draining)
}

/// Resolves at the trigger, when readiness turns false. Resolves at once if the trigger has come.
///
/// The program still serves until [`draining`] resolves.
///
/// ```
/// # async fn send_heartbeat() {}
/// # async fn run() {
/// // The registry must not see this instance as healthy while the drain delay passes.
/// let mut leaving = on_shutdown::leaving();
/// loop {
///     tokio::select! {
///         () = &mut leaving => break,
///         () = send_heartbeat() => {}
///     }
/// }
/// # }
/// ```
pub fn leaving() -> Leaving {
    Leaving(StageFuture::new(Stage::Leaving, None))
}

/// Resolves at the end of the drain delay: stop accepting, and finish the work that has begun. Resolves at once if the
/// program is already draining.
///
/// Pass it to a server as its graceful-shutdown signal. It is `'static`, costs nothing until it is polled, is
/// cancel-safe, and needs no install and no runtime.
///
/// A `main` that awaits it is work in flight: the drain phase waits until `main` returns, so `main` may clean up after
/// it. If time runs out, the report names `main`. This also holds for a `main` that awaits [`leaving`], calls
/// [`is_draining`], or awaits a [`serve`](crate::serve). A `main` that does none of these may never return, and is not waited for.
///
/// ```
/// # async fn run(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
/// // `serve` does the same, and the drain phase waits for the server.
/// axum::serve(listener, app).with_graceful_shutdown(on_shutdown::draining()).await
/// # }
/// ```
pub fn draining() -> Draining {
    Draining(StageFuture::new(Stage::Draining, None))
}

/// Resolves when the scope, a scope around it, or the program wants no new work.
pub(crate) fn leaving_of(scope: &Arc<ScopeDrain>) -> Leaving {
    Leaving(StageFuture::new(Stage::Leaving, Some(scope)))
}

/// Resolves when the scope, a scope around it, or the program drains.
pub(crate) fn draining_of(scope: &Arc<ScopeDrain>) -> Draining {
    Draining(StageFuture::new(Stage::Draining, Some(scope)))
}

/// Returns whether the scope, a scope around it, or the program drains. Counts as a question of `main`.
pub(crate) fn is_draining_of(scope: &ScopeDrain) -> bool {
    main_work::note_question();
    scope.has_reached(Stage::Draining)
}

/// The future of [`leaving`].
///
/// It is `Unpin`, so a loop can await `&mut leaving` together with its next job. It may be polled again after it has
/// resolved.
#[derive(Debug)]
#[must_use = "this future waits for nothing unless it is polled: add `.await`, or pass it to `select!`"]
pub struct Leaving(StageFuture);

/// The future of [`draining`].
///
/// It is `Unpin`, so a loop can await `&mut draining` together with its next job. It may be polled again after it has
/// resolved.
#[derive(Debug)]
#[must_use = "this future waits for nothing unless it is polled: add `.await`, or pass it to a server as its graceful-shutdown signal"]
pub struct Draining(StageFuture);

impl Future for Leaving {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll(context)
    }
}

impl Future for Draining {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll(context)
    }
}

/// Waits for a stage of the program, or of a scope and the program.
struct StageFuture {
    stage: Stage,
    /// The place in [`WAITERS`], from the first poll on.
    entry: Option<WaiterEntry>,
    /// Boxed, so that a future without a scope stays small.
    scope: Option<Box<ScopeWait>>,
}

impl StageFuture {
    fn new(stage: Stage, scope: Option<&Arc<ScopeDrain>>) -> Self {
        Self { stage, entry: None, scope: scope.map(|scope| Box::new(ScopeWait::new(scope))) }
    }

    fn poll(&mut self, context: &Context<'_>) -> Poll<()> {
        main_work::note_question();
        let stage = self.stage;
        if self.scope.as_mut().is_some_and(|scope| scope.poll(stage, context.waker()).is_ready()) {
            return Poll::Ready(());
        }
        WAITERS.poll(&STAGE, self.stage, &mut self.entry, context.waker())
    }
}

impl fmt::Debug for StageFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StageFuture").field("stage", &self.stage).finish_non_exhaustive()
    }
}

impl Drop for StageFuture {
    // A future that was never polled has nothing to do.
    #[inline]
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            WAITERS.remove(self.stage, entry);
        }
        if let Some(scope) = &mut self.scope {
            scope.remove(self.stage);
        }
    }
}
