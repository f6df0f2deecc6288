//! An async hook's future in, what came of it out: a runtime of the shutdown's own, so that hooks do not
//! depend on the health of the program's.
//!
//! A hook that waits has its runtime for itself while it does, and one that leaves something behind (a task, a thread
//! of the blocking pool) takes the runtime with it: the next hook gets a new one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime, RuntimeMetrics};

/// The runtime of one runner; made when the first async hook needs it, or before.
#[derive(Default)]
pub(crate) struct HookRuntime {
    made: Option<Made>,
    shared: Arc<AtomicUsize>,
}

/// A runtime that is there.
pub(super) struct Made {
    pub(super) tokio: Runtime,
    metrics: RuntimeMetrics,
    /// Of its blocking pool.
    threads: Arc<AtomicUsize>,
}

impl Made {
    fn new(enable: fn(&mut Builder) -> &mut Builder) -> Option<Self> {
        let threads = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&threads);
        let mut builder = Builder::new_current_thread();
        builder.on_thread_start(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let tokio = enable(&mut builder).build().ok()?;
        Some(Self { metrics: tokio.metrics(), tokio, threads })
    }

    /// Whether the hooks so far left nothing in it: no task and no thread.
    pub(super) fn is_tidy(&self) -> bool {
        self.metrics.num_alive_tasks() == 0 && self.threads.load(Ordering::SeqCst) == 0
    }
}

impl HookRuntime {
    /// Made now: at the trigger there may be no descriptor left.
    pub(crate) fn warm() -> Self {
        let mut warm = Self::default();
        warm.get();
        warm
    }

    /// None only where the system refuses even a runtime without input and output.
    pub(super) fn get(&mut self) -> Option<&Made> {
        if self.made.is_none() {
            // With no descriptor left there are still timers, and the sockets that belong to the program's runtime.
            self.made = Made::new(Builder::enable_all).or_else(|| Made::new(Builder::enable_time));
        }
        self.made.as_ref()
    }

    /// Hooks that share this runtime, because no other thread could be had for them.
    pub(super) fn shared(&self) -> &Arc<AtomicUsize> {
        &self.shared
    }

    pub(super) fn is_shared(&self) -> bool {
        self.shared.load(Ordering::SeqCst) > 0
    }

    /// Lets what shares the runtime go on for a moment.
    pub(super) fn drive(&mut self, moment: Duration) {
        match self.get() {
            // Inside a block: a timer is made in the context of its runtime.
            Some(made) => made.tokio.block_on(async { tokio::time::sleep(moment).await }),
            None => std::thread::sleep(moment),
        }
    }

    /// The next hook gets a new one, unless others go on in this one.
    pub(super) fn renew(&mut self) {
        if !self.is_shared() {
            let made = self.made.take();
            // Drops the tasks that the hook left, which are the user's code.
            let _ = catch_unwind(AssertUnwindSafe(|| made.map(|made| made.tokio.shutdown_background())));
        }
    }
}
