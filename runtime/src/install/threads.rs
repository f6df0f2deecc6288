//! Starts the two threads of an installed shutdown. One waits for the trigger, the other is the supervisor of the hooks. A
//! target without threads has none; see [`only_thread`](super::only_thread).

use std::io;
use std::sync::Arc;

use super::settings::InstallError;
use crate::exit::{self, LastResort};
use crate::os;
use crate::output::Reporter;
use crate::run::{self, HookRuntime, ParkedThread, Run, SAME_REQUEST_WINDOW, SUPERVISOR_THREAD, spawn_hook_thread};
use crate::threads::{Receiver, Sender, one_shot};
use crate::trigger::{Inbox, Message, Trigger};

/// The two threads of an installed shutdown, before they have something to do.
pub(super) enum Threads {
    Started {
        trigger: Sender<Parts>,
        supervisor: ParkedThread<Supervised>,
    },
    /// The target has no threads.
    Missing,
}

impl Threads {
    pub(super) fn start() -> Result<Self, InstallError> {
        if !os::HAS_THREADS {
            return Ok(Self::Missing);
        }
        let (trigger, parts) = one_shot();
        spawn_hook_thread("shutdown", move || wait_for_trigger(parts))
            .map_err(InstallError::refused("the thread that waits for signals"))?;
        // Parked until the trigger, because the system may refuse a thread then.
        let supervisor = ParkedThread::start(SUPERVISOR_THREAD, supervise)
            .map_err(InstallError::refused("the supervisor thread of the hooks"))?;
        Ok(Self::Started { trigger, supervisor })
    }

    /// Waits until the supervisor runs, and so has its name in `/proc`.
    pub(super) fn wait_for_start(&mut self) {
        if let Self::Started { supervisor, .. } = self {
            supervisor.wait_for_start();
        }
    }

    /// Gives the threads their work.
    pub(super) fn hand_over(
        self,
        run: Arc<Run>,
        inbox: Arc<Inbox>,
        reporter: Arc<Reporter>,
    ) -> Result<(), InstallError> {
        let Self::Started { trigger, supervisor } = self else { return Ok(()) };
        // On the installing thread: when `install` has returned, the shutdown asks the system for nothing more.
        let runtime = HookRuntime::warm();
        let parts = Parts { run, inbox, reporter, runtime, supervisor };
        // The thread ends early only if it panics.
        let lost = |_| InstallError::refused("the thread that waits for signals")(io::ErrorKind::BrokenPipe.into());
        trigger.send(parts).map_err(lost)
    }
}

/// What the thread that waits for a trigger works with.
pub(super) struct Parts {
    run: Arc<Run>,
    inbox: Arc<Inbox>,
    reporter: Arc<Reporter>,
    runtime: HookRuntime,
    supervisor: ParkedThread<Supervised>,
}

/// What the supervisor works with, from the trigger on.
pub(super) struct Supervised {
    run: Arc<Run>,
    inbox: Arc<Inbox>,
    reporter: Arc<Reporter>,
}

/// Waits for the first message, then runs the shutdown. This thread becomes its first worker.
fn wait_for_trigger(parts: Receiver<Parts>) {
    // `install` failed after it had started this thread.
    let Some(Parts { run, inbox, reporter, runtime, supervisor }) = parts.receive() else { return };
    // On this thread, which arms it. Before the trigger, when the system still grants a timer.
    let last_resort = LastResort::prepare();
    // The thread was started with all signals blocked. The handlers are set now.
    inbox.masks().apply_supervisor_mask();
    // `wait` also returns without a message, when the work in flight changes.
    let messages = loop {
        inbox.wait(None);
        let messages = inbox.take();
        if !messages.is_empty() {
            break messages;
        }
    };
    let runtime = if inbox.is_closed() { runtime.replaced() } else { runtime };
    // Before the first hook: from now on the process ends in time, also if every other thread hangs.
    reporter.arm(last_resort);
    // Unparked by `start`, because the supervisor may look only at a run that has begun.
    let supervised = Supervised { run: Arc::clone(&run), inbox, reporter };
    run.start(messages, runtime, move || supervisor.unpark(supervised));
}

/// Supervises the hooks. If the program continues afterwards, waits for a signal to end it: hooks that were abandoned
/// may hold every other thread.
fn supervise(Supervised { run, inbox, reporter }: Supervised) {
    run::supervise(&run);
    if reporter.program_continues() {
        exit_on_signal(&run, &inbox);
    }
}

/// Ends the process at the next signal. A signal that comes within a second of the trigger is the same request, and is
/// ignored as during the shutdown.
fn exit_on_signal(run: &Run, inbox: &Inbox) {
    loop {
        inbox.wait(None);
        // A request has no effect any more: the program itself decides when it ends.
        let signal = |message| match message {
            Message::Trigger(Trigger::Signal { signal, .. }) => Some(signal),
            _ => None,
        };
        match inbox.take().into_iter().find_map(signal) {
            Some(signal) if run.now() >= SAME_REQUEST_WINDOW => exit::now(exit::forced_by(signal)),
            _ => {}
        }
    }
}
