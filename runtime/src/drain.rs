//! Station 5: the course of a shutdown in, readiness and draining out, for servers and probes to follow.

use std::future::Future;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::watch;

/// How far the program has gone on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Send new work.
    Serving,
    /// From the trigger on: still serving, but send no new work.
    Leaving,
    /// From the end of the drain delay on: stop accepting, finish what has begun.
    Draining,
}

/// Readiness and draining of one program.
pub(crate) struct Drain {
    // Beside the channel, so that a probe costs one atomic load.
    reached: AtomicU8,
    changed: watch::Sender<Stage>,
}

impl Drain {
    pub(crate) fn new() -> Self {
        Self { reached: AtomicU8::new(Stage::Serving as u8), changed: watch::Sender::new(Stage::Serving) }
    }

    /// The program's own; it exists before install and without it.
    pub(crate) fn global() -> &'static Self {
        static GLOBAL: LazyLock<Drain> = LazyLock::new(Drain::new);
        &GLOBAL
    }

    /// Goes on to a stage, never back.
    pub(crate) fn reach(&self, stage: Stage) {
        self.reached.fetch_max(stage as u8, Ordering::SeqCst);
        self.changed.send_if_modified(|now| {
            let further = *now < stage;
            *now = stage.max(*now);
            further
        });
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.reached.load(Ordering::SeqCst) < Stage::Leaving as u8
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.reached.load(Ordering::SeqCst) >= Stage::Draining as u8
    }

    pub(crate) fn reached(&self, stage: Stage) -> impl Future<Output = ()> + Send + Sync + 'static {
        let mut changed = self.changed.subscribe();
        async move {
            // The sender is never dropped: an error cannot come, and would mean the end as well.
            let _ = changed.wait_for(|now| *now >= stage).await;
        }
    }
}

/// Whether this instance wants new work: true until the trigger, false from then on.
///
/// One atomic load; for readiness probes. Usable before install and in libraries.
#[must_use]
pub fn is_ready() -> bool {
    Drain::global().is_ready()
}

/// Whether the drain delay is over: stop accepting, finish what has begun.
#[must_use]
pub fn is_draining() -> bool {
    Drain::global().is_draining()
}

/// Resolves at the trigger, when readiness turns false; at once if that has been.
///
/// The program still serves until [`draining`] resolves.
pub fn leaving() -> impl Future<Output = ()> + Send + Sync + 'static {
    Drain::global().reached(Stage::Leaving)
}

/// Resolves at the end of the drain delay: stop accepting, finish what has begun; at once if that has been.
///
/// Cheap, `'static`, cancel-safe, usable before install and in libraries: what a server takes as its
/// graceful-shutdown signal.
pub fn draining() -> impl Future<Output = ()> + Send + Sync + 'static {
    Drain::global().reached(Stage::Draining)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_8_readiness_turns_false_before_draining_begins_and_never_back() {
        let drain = Drain::new();
        assert!(drain.is_ready() && !drain.is_draining());
        drain.reach(Stage::Leaving);
        assert!(!drain.is_ready() && !drain.is_draining());
        drain.reach(Stage::Draining);
        drain.reach(Stage::Leaving);
        assert!(!drain.is_ready() && drain.is_draining());
    }
}
