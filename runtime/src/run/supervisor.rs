//! Supervises the hooks: cancels and abandons overdue hooks, adds workers, and logs the hooks that still run. Does not
//! run user code, unless no other thread is left.

use std::sync::Arc;
use std::time::Duration;

use super::shared::{Run, Shared, TAKEOVER};
use super::worker::{MOMENT, Worker};
use crate::plan::Id;
use crate::telemetry::{Event, HookLabel};
use crate::trigger::Message;

/// The name of the supervisor's thread, by which a child recognizes a parent that has installed a shutdown. At most 15
/// bytes, which is what the kernel keeps.
pub(crate) const SUPERVISOR_THREAD: &str = "shutdown-watch";

/// How often the hooks that still run are logged: often enough for a person who waits, rarely enough for a log.
const REPORT_RUNNING: Duration = Duration::from_secs(5);
/// How often an observer hears of the progress. Shorter than every `TimeoutStopSec` in use, so that systemd gets a request
/// for more time before it stops waiting.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// A worker that starts fewer hooks than this between two looks, while the queue waits, is held up. A hook that ends at
/// once takes far less than a tenth of [`TAKEOVER`].
const BRISK: usize = 10;
/// Maximum number of workers that one look adds: a thread takes tens of microseconds to start.
const MAX_ADDED: usize = 64;

/// What the supervisor remembers from one look to the next.
pub(super) struct Watch {
    next_report: Duration,
    next_progress: Duration,
    looked: Duration,
    started: usize,
}

impl Watch {
    pub(super) fn new(run: &Run) -> Self {
        // Without an observer, nothing uses the progress.
        let next_progress = if run.has_observer() { Duration::ZERO } else { Duration::MAX };
        Self { next_report: REPORT_RUNNING, next_progress, looked: Duration::ZERO, started: 0 }
    }
}

/// What the supervisor does next.
enum Look {
    /// Look again at this time.
    Again(Duration),
    /// Run hooks itself: no other thread is left for them, and the system refuses another one.
    Alone,
    Over,
}

/// Watches over the run until the report is written, or ends the process.
pub(crate) fn supervise(run: &Arc<Run>) {
    run.inbox.masks().apply_supervisor_mask();
    // Hooks that end at once get the lock and the CPU for themselves.
    run.inbox.wait(Some(TAKEOVER));
    run.emit_began_once();
    let mut watch = Watch::new(run);
    loop {
        match look(run, &mut watch) {
            Look::Again(wake) => run.inbox.wait(Some(wake.saturating_sub(run.now()))),
            Look::Over => break,
            Look::Alone => {
                run_hooks_alone(run, &mut watch);
                break;
            }
        }
    }
    see_to_the_end(run);
}

/// Runs hooks on this thread and looks between them. If one more hook holds the thread, only the last resort ends the
/// process. Without this thread, the hooks would not run at all.
fn run_hooks_alone(run: &Arc<Run>, watch: &mut Watch) {
    let Some(mut worker) = Worker::alone(run) else { return };
    while worker.step(|run| run.inbox.wait(Some(MOMENT))) {
        look(run, watch);
    }
    run.finalize();
}

/// Runs the whole shutdown on the calling thread, which is the only one of the program. `go_on` lets the program go on for
/// this time.
///
/// An async hook is cancelled in time. A hook that holds the thread holds up everything else.
pub(crate) fn run_on_only_thread(run: &Arc<Run>, messages: Vec<Message>, go_on: &mut dyn FnMut(Duration)) {
    run.begin(messages, || {});
    run.emit_began_once();
    let Some(mut worker) = Worker::alone(run) else { return };
    let (mut watch, mut is_idle) = (Watch::new(run), false);
    while worker.step(|_| is_idle = true) {
        // The program and the hooks that wait take turns. Hooks that are queued come first.
        if std::mem::take(&mut is_idle) || worker.has_waiting_hooks() {
            go_on(MOMENT);
        }
        look(run, &mut watch);
    }
    run.finalize();
}

/// Looks once.
fn look(run: &Arc<Run>, watch: &mut Watch) -> Look {
    // The hooks that are due now are inspected first, which reads files. The next look handles hooks that become due
    // meanwhile.
    let now = run.now();
    let due = run.inspect_overdue(now);
    run.inspect_cut_off(now);
    let mut shared = run.lock();
    let now = run.now();
    if shared.driver.state().is_over() {
        // A message that comes now does not belong to this shutdown. It stays in the inbox for the next reader.
        return Look::Over;
    }
    // Before the timeouts: a fast shutdown shortens the limits that `expire` compares.
    for message in run.inbox.take() {
        shared.driver.receive(now, message);
    }
    shared.driver.expire(due, now);
    if shared.driver.state().is_over() {
        run.publish(shared, now);
        return Look::Over;
    }
    shared.wake_behind_stuck_waker();
    let reports = watch.reports(now);
    let is_draining = shared.driver.state().is_draining();
    // Decided under the lock, and done after it: starting a thread is a system call.
    let more_workers = watch.more_workers(&shared, now);
    let progress = watch.wants_progress(now).then(|| shared.driver.state().progress(now));
    // Last under the lock: a thread that makes something due earlier from now on wakes the inbox.
    let wake = shared.let_supervisor_sleep(now, watch.next_report.min(watch.next_progress));
    run.publish(shared, now);
    progress.into_iter().for_each(|progress| run.emit(Event::Progress(progress)));
    if reports {
        emit_still_running(run);
        let work = if is_draining { run.lock().driver.state().list_work() } else { Vec::new() };
        work.into_iter().for_each(|work| run.emit(Event::StillInFlight(work)));
    }
    let helped = (0..more_workers).all(|_| run.spawn_worker());
    if !helped && run.is_deserted() { Look::Alone } else { Look::Again(wake) }
}

impl Watch {
    /// Returns whether it is time to log the hooks that still run.
    fn reports(&mut self, now: Duration) -> bool {
        let due = now >= self.next_report;
        if due {
            self.next_report = now + REPORT_RUNNING;
        }
        due
    }

    /// Returns whether it is time to emit the progress.
    fn wants_progress(&mut self, now: Duration) -> bool {
        let due = now >= self.next_progress;
        if due {
            self.next_progress = now + PROGRESS_INTERVAL;
        }
        due
    }

    /// Returns how many workers to add, because hooks are queued behind others that hold their threads.
    ///
    /// The number is the number of workers that are held up. So n hooks that block delay the last healthy hook by
    /// log2(n) looks, not by n.
    pub(super) fn more_workers(&mut self, shared: &Shared, now: Duration) -> usize {
        if now < self.looked + TAKEOVER {
            return 0;
        }
        let (queued, started) = (shared.driver.queued(), shared.driver.state().started());
        let busy = shared.workers.saturating_sub(shared.idle);
        let is_brisk = started.saturating_sub(self.started) >= BRISK * busy;
        (self.looked, self.started) = (now, started);
        if is_brisk { 0 } else { busy.clamp(1, MAX_ADDED).min(queued.saturating_sub(shared.idle)) }
    }
}

/// Emits the hooks that run now, and what they are doing.
fn emit_still_running(run: &Run) {
    let ids: Vec<Id> = run.lock().driver.state().running().map(|(id, ..)| id).collect();
    let inspected = run.inspect(ids);
    let activity = |id| inspected.iter().find(|(other, _)| *other == id).and_then(|(_, activity)| activity.clone());
    // Read again: hooks may have ended while others were inspected.
    let (now, shared) = (run.now(), run.lock());
    let running = shared.driver.state().running();
    let events = running.map(|(id, hook, start, limit)| Event::StillRunning {
        hook: HookLabel::of(hook),
        elapsed: now.saturating_sub(start),
        remaining: limit.saturating_sub(now),
        activity: activity(id),
    });
    let events: Vec<Event> = events.collect();
    drop(shared);
    events.into_iter().for_each(|event| run.emit(event));
}

/// Waits until a worker has written the report, and writes the report itself if no worker does in time. A repeated
/// signal still ends the process at once.
fn see_to_the_end(run: &Arc<Run>) {
    if run.is_forced() || !run.can_finalize() {
        return run.cut_off();
    }
    // Once: a finalization that gets slower does not get more time.
    let until = run.now() + run.finalizer.finalize_time(run.now());
    while !run.is_finalized() {
        let left = until.saturating_sub(run.now());
        if left.is_zero() {
            return run.cut_off();
        }
        run.inbox.wait(Some(left));
        run.receive_messages();
        if run.is_forced() {
            return run.cut_off();
        }
    }
}
