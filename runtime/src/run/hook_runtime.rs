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
    runtime: Option<(Runtime, RuntimeMetrics)>,
    threads: Arc<AtomicUsize>,
    shared: Arc<AtomicUsize>,
}

impl HookRuntime {
    /// Made now: at the trigger there may be no descriptor left.
    pub(crate) fn warm() -> Self {
        let mut warm = Self::default();
        warm.get();
        warm
    }

    /// None only where the system refuses even a runtime without input and output.
    pub(super) fn get(&mut self) -> Option<&Runtime> {
        if self.runtime.is_none() {
            self.threads.store(0, Ordering::SeqCst);
            // With no descriptor left there are still timers, and the sockets that belong to the program's runtime.
            let runtime = self.build(Builder::enable_all).or_else(|| self.build(Builder::enable_time));
            self.runtime = runtime.map(|runtime| {
                let metrics = runtime.metrics();
                (runtime, metrics)
            });
        }
        self.runtime.as_ref().map(|(runtime, _)| runtime)
    }

    /// For a sync hook there is none.
    pub(super) fn get_if(&mut self, is_async: bool) -> Option<&Runtime> {
        if is_async { self.get() } else { None }
    }

    fn build(&self, enable: fn(&mut Builder) -> &mut Builder) -> Option<Runtime> {
        let threads = Arc::clone(&self.threads);
        let mut builder = Builder::new_current_thread();
        builder.on_thread_start(move || {
            threads.fetch_add(1, Ordering::SeqCst);
        });
        enable(&mut builder).build().ok()
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
            Some(runtime) => runtime.block_on(async { tokio::time::sleep(moment).await }),
            None => std::thread::sleep(moment),
        }
    }

    /// Whether the hook left nothing in it: no task and no thread.
    pub(super) fn is_tidy(&self) -> bool {
        let leftovers = self.runtime.as_ref().is_some_and(|(_, metrics)| metrics.num_alive_tasks() > 0);
        !leftovers && self.threads.load(Ordering::SeqCst) == 0
    }

    /// The next hook gets a new one, unless others go on in this one.
    pub(super) fn renew(&mut self) {
        if !self.is_shared() {
            let runtime = self.runtime.take();
            // Drops the tasks that the hook left, which are the user's code.
            let _ = catch_unwind(AssertUnwindSafe(|| runtime.map(|(runtime, _)| runtime.shutdown_background())));
        }
    }
}
