//! Provides the async runtime of one worker. Hooks do not depend on the runtime of the program, which may be blocked.
//!
//! A hook has the runtime to itself, unless the system refuses another thread. A hook that spawned no tasks lets the worker
//! reuse its runtime. After a hook that left tasks, or threads of the blocking pool, the next hook gets a new runtime.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime, RuntimeMetrics};

use super::hook_stack::hook_stack_size;
use crate::user_code::catch_panic;

/// How often to count the tasks of a hook that has returned: tokio has no event for the end of the last task.
pub(super) const TASK_CHECK: Duration = Duration::from_millis(1);

/// The runtime of one worker. Built when the first async hook needs it, or by [`warm`](Self::warm).
#[derive(Default)]
pub(crate) struct HookRuntime {
    built: Option<BuiltRuntime>,
    shared: Arc<AtomicUsize>,
    /// Whether the thread is inside of another runtime: tokio lets none block in a second one.
    is_inside_other: bool,
}

/// A tokio runtime, with what is needed to see whether a hook has left something in it.
pub(super) struct BuiltRuntime {
    pub(super) tokio: Runtime,
    metrics: RuntimeMetrics,
    /// The number of threads of the blocking pool that run.
    blocking: Arc<AtomicUsize>,
}

impl BuiltRuntime {
    fn new(enable: fn(&mut Builder) -> &mut Builder) -> Option<Self> {
        let blocking = Arc::new(AtomicUsize::new(0));
        let (started, stopped) = (Arc::clone(&blocking), Arc::clone(&blocking));
        let mut builder = Builder::new_current_thread();
        builder.thread_stack_size(hook_stack_size());
        // Not `on_thread_start`, which the new thread calls when it gets a processor: the name is asked for by the thread
        // that starts it. Relaxed, here and below: the worker itself counts up, and `shutdown_timeout` joins the others.
        builder.thread_name_fn(move || {
            started.fetch_add(1, Ordering::Relaxed);
            "hook-blocking".to_owned()
        });
        builder.on_thread_stop(move || {
            stopped.fetch_sub(1, Ordering::Relaxed);
        });
        // tokio panics in some places if the system refuses a descriptor.
        let tokio = catch_panic(|| enable(&mut builder).build()).ok()?.ok()?;
        Some(Self { metrics: tokio.metrics(), tokio, blocking })
    }

    /// Runs the future in the runtime.
    pub(super) fn block_on(&self, future: Pin<&mut dyn Future<Output = ()>>) {
        block_on(&self.tokio, future);
    }

    /// Returns whether no hook has left a task or a thread in the runtime.
    pub(super) fn is_tidy(&self) -> bool {
        self.metrics.num_alive_tasks() == 0 && self.blocking.load(Ordering::Relaxed) == 0
    }
}

impl HookRuntime {
    /// Builds the runtime now: at the trigger the program may have no descriptor left.
    pub(crate) fn warm() -> Self {
        let mut warm = Self::default();
        warm.get();
        warm
    }

    /// Returns the runtime of a thread that runs hooks where the program waits for them. Inside of another runtime it is never
    /// built.
    pub(super) fn of_waiting_thread() -> Self {
        Self { is_inside_other: tokio::runtime::Handle::try_current().is_ok(), ..Self::default() }
    }

    /// Says why [`get`](Self::get) returns `None`.
    pub(super) fn refusal(&self) -> &'static str {
        if self.is_inside_other {
            "an async hook cannot run here, inside of another runtime on the only thread; \
             put `#[on_shutdown::main]` on `main`"
        } else {
            "the system refused an async runtime"
        }
    }

    /// Returns a runtime that is built when a hook needs it, because the program has closed the descriptors of this one.
    pub(crate) fn replaced(self) -> Self {
        // Not dropped: that would close the same numbers again, which may belong to files of the program now.
        std::mem::forget(self);
        Self::default()
    }

    /// Returns the runtime, and builds it if necessary. `None` if the system refuses even one without I/O, or inside of
    /// another runtime.
    pub(super) fn get(&mut self) -> Option<&BuiltRuntime> {
        if self.built.is_none() && !self.is_inside_other {
            // Without a descriptor, a hook can still use timers, and sockets that belong to the program's runtime.
            self.built = BuiltRuntime::new(Builder::enable_all).or_else(|| BuiltRuntime::new(Builder::enable_time));
        }
        self.built.as_ref()
    }

    /// Returns the number of hooks that share this runtime because the system refused another thread.
    pub(super) fn shared(&self) -> &Arc<AtomicUsize> {
        &self.shared
    }

    /// Returns whether several hooks share this runtime.
    pub(super) fn is_shared(&self) -> bool {
        // Relaxed: only the worker's own thread changes it.
        self.shared.load(Ordering::Relaxed) > 0
    }

    /// Runs the hooks that share the runtime for this time.
    pub(super) fn drive(&mut self, time: Duration) {
        match self.get() {
            // `sleep` inside the block, because a timer must be made in the context of its runtime.
            Some(built) => built.block_on(pin!(async { tokio::time::sleep(time).await })),
            None => std::thread::sleep(time),
        }
    }

    /// Runs the tasks that a hook has spawned until they have ended, at most for this time. Returns how many tasks and
    /// threads of the blocking pool are left.
    pub(super) fn finish_tasks(&mut self, grace: Duration) -> usize {
        if self.is_shared() {
            // The tasks of the hooks cannot be told apart, and the runtime continues anyway.
            return 0;
        }
        let Some(built) = &self.built else { return 0 };
        let until = std::time::Instant::now() + grace;
        let left = || until.saturating_duration_since(std::time::Instant::now());
        built.block_on(pin!(async {
            while built.metrics.num_alive_tasks() > 0 && !left().is_zero() {
                tokio::time::sleep(TASK_CHECK.min(left())).await;
            }
        }));
        let tasks = built.metrics.num_alive_tasks();
        if tasks > 0 || built.blocking.load(Ordering::Relaxed) == 0 {
            return tasks + built.blocking.load(Ordering::Relaxed);
        }
        // Only the blocking pool is left. Its idle threads end only when the runtime shuts down.
        let Some(built) = self.built.take() else { return 0 };
        let blocking = built.blocking;
        built.tokio.shutdown_timeout(left());
        blocking.load(Ordering::Relaxed)
    }

    /// Drops the runtime, so that the next hook gets a new one. Keeps it if other hooks share it.
    pub(super) fn renew(&mut self) {
        if self.is_shared() {
            return;
        }
        if let Some(built) = self.built.take() {
            // This drops the tasks that the hook has left, which are user code.
            let _ = catch_panic(|| built.tokio.shutdown_background());
        }
    }
}

/// Runs the future in the runtime. Not generic: `Runtime::block_on` compiles 4 KiB for each type of future.
pub(crate) fn block_on(runtime: &Runtime, future: Pin<&mut dyn Future<Output = ()>>) {
    runtime.block_on(future);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn tasks_and_threads_that_a_hook_leaves_are_counted_together() {
        let mut runtime = HookRuntime::warm();
        let (end, wait) = channel::<()>();
        let built = runtime.get().expect("a runtime");
        built.tokio.block_on(async {
            drop(tokio::spawn(std::future::pending::<()>()));
            drop(tokio::task::spawn_blocking(move || wait.recv()));
        });
        assert_eq!(runtime.finish_tasks(Duration::ZERO), 2);
        drop(end);
    }

    #[test]
    fn tasks_of_hooks_that_share_a_runtime_are_neither_counted_nor_waited_for() {
        let mut runtime = HookRuntime::warm();
        runtime.shared().fetch_add(1, Ordering::Relaxed);
        let built = runtime.get().expect("a runtime");
        built.tokio.block_on(async { drop(tokio::spawn(std::future::pending::<()>())) });
        assert_eq!(runtime.finish_tasks(Duration::from_secs(3600)), 0);
        assert!(runtime.built.is_some(), "the other hooks go on in it");
    }
}
