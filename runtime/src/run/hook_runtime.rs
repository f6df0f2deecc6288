//! The async runtime of one worker, so that hooks do not depend on the health of the program's own.
//!
//! A hook that waits has the runtime for itself while it does. A hook that leaves tasks, or threads of the blocking
//! pool, takes the runtime with it: the next hook gets a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime, RuntimeMetrics};

use crate::user_code::catch_panic;

/// How often the tasks of a hook that has returned are counted while it waits for them.
const TASK_CHECK: Duration = Duration::from_millis(1);

/// The runtime of one worker; made when the first async hook needs it, or before.
#[derive(Default)]
pub(crate) struct HookRuntime {
    made: Option<Made>,
    shared: Arc<AtomicUsize>,
}

/// A runtime that exists.
pub(super) struct Made {
    pub(super) tokio: Runtime,
    metrics: RuntimeMetrics,
    /// Threads of the blocking pool that have started, less those that have ended.
    blocking: Arc<AtomicUsize>,
}

impl Made {
    fn new(enable: fn(&mut Builder) -> &mut Builder) -> Option<Self> {
        let blocking = Arc::new(AtomicUsize::new(0));
        let (started, stopped) = (Arc::clone(&blocking), Arc::clone(&blocking));
        let mut builder = Builder::new_current_thread();
        // Not `on_thread_start`, which the new thread calls when it gets a processor: the name is asked for by the thread
        // that starts it. Relaxed, here and below: it is this worker's own thread, or one that `shutdown_timeout` joins.
        builder.thread_name_fn(move || {
            started.fetch_add(1, Ordering::Relaxed);
            "hook-blocking".to_owned()
        });
        builder.on_thread_stop(move || {
            stopped.fetch_sub(1, Ordering::Relaxed);
        });
        // tokio panics in places where the system refuses a descriptor.
        let tokio = catch_panic(|| enable(&mut builder).build()).ok()?.ok()?;
        Some(Self { metrics: tokio.metrics(), tokio, blocking })
    }

    /// Whether the hooks so far left nothing in the runtime: no task and no thread.
    pub(super) fn is_tidy(&self) -> bool {
        self.metrics.num_alive_tasks() == 0 && self.blocking.load(Ordering::Relaxed) == 0
    }
}

impl HookRuntime {
    /// Makes the runtime now: at the trigger there may be no descriptor left.
    pub(crate) fn warm() -> Self {
        let mut warm = Self::default();
        warm.get();
        warm
    }

    /// Returns the runtime; `None` only if the system refuses even one without input and output.
    pub(super) fn get(&mut self) -> Option<&Made> {
        if self.made.is_none() {
            // With no descriptor left there are still timers, and the sockets that belong to the program's runtime.
            self.made = Made::new(Builder::enable_all).or_else(|| Made::new(Builder::enable_time));
        }
        self.made.as_ref()
    }

    /// The number of hooks that share this runtime, because no other thread could be had for them.
    pub(super) fn shared(&self) -> &Arc<AtomicUsize> {
        &self.shared
    }

    pub(super) fn is_shared(&self) -> bool {
        // Relaxed: only this worker's own thread counts it up and down.
        self.shared.load(Ordering::Relaxed) > 0
    }

    /// Lets what shares the runtime go on for a moment.
    pub(super) fn drive(&mut self, moment: Duration) {
        match self.get() {
            // Inside a block: a timer is made in the context of its runtime.
            Some(made) => made.tokio.block_on(async { tokio::time::sleep(moment).await }),
            None => std::thread::sleep(moment),
        }
    }

    /// Lets the tasks that a hook has spawned go on until they have ended, for this long at most. Returns how many are
    /// left, threads of the blocking pool included.
    pub(super) fn finish_tasks(&mut self, grace: Duration) -> usize {
        if self.is_shared() {
            // The tasks of the others cannot be told from this hook's, and go on anyhow.
            return 0;
        }
        let Some(made) = &self.made else { return 0 };
        let until = std::time::Instant::now() + grace;
        let left = || until.saturating_duration_since(std::time::Instant::now());
        made.tokio.block_on(async {
            while made.metrics.num_alive_tasks() > 0 && !left().is_zero() {
                tokio::time::sleep(TASK_CHECK.min(left())).await;
            }
        });
        let tasks = made.metrics.num_alive_tasks();
        if tasks > 0 || made.blocking.load(Ordering::Relaxed) == 0 {
            return tasks + made.blocking.load(Ordering::Relaxed);
        }
        // Nothing but the blocking pool is left: it ends when its closures have, and tells only then that they have.
        let Some(made) = self.made.take() else { return 0 };
        let blocking = made.blocking;
        made.tokio.shutdown_timeout(left());
        blocking.load(Ordering::Relaxed)
    }

    /// Gives the next hook a new runtime, unless other hooks go on in this one.
    pub(super) fn renew(&mut self) {
        if !self.is_shared()
            && let Some(made) = self.made.take()
        {
            // Drops the tasks that the hook left, which are the user's code.
            let _ = catch_panic(|| made.tokio.shutdown_background());
        }
    }
}
