//! Runs the thread that calls the subscriber and the recorder. Other threads wait for it only for a limited time.
//!
//! The thread has two signal masks. While it is idle, it blocks the signals that the program may wait for: a program that
//! blocks a signal after the install must not lose the signal to this thread. While it calls the subscriber or the
//! recorder, it has the mask that the program had at install: threads and children that these start inherit the mask.

use std::collections::VecDeque;
use std::iter;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[cfg(feature = "tracing")]
use super::span::{HookSpan, SpanCell, SpanWorker};
#[cfg(feature = "tracing")]
use super::subscriber_guard::SubscriberGuard;
use super::{Event, STALLED, WORKER_TIMEOUT};
use crate::hook::{HookRecord, Phase};
use crate::report::Report;
use crate::telemetry::log_line;
use crate::threads;
use crate::trigger::Masks;

/// Maximum number of items in the queue. Limits the memory that a slow subscriber costs. More items go to stderr, if they
/// have a sentence.
const MAX_QUEUED: usize = 8192;

/// Maximum number of events that are kept until there is a subscriber. An install has one line and a few warnings.
#[cfg(feature = "tracing")]
const MAX_EARLY: usize = 64;

/// How often a thread that waits for the worker checks whether it is stalled: there is no event for that.
const CHECK: Duration = Duration::from_millis(10);

/// Sends items to the thread that calls the subscriber and the recorder.
#[derive(Clone)]
pub(super) struct TelemetryWorker {
    shared: Arc<Shared>,
}

/// The state that the worker's thread shares with the threads that send to it.
#[derive(Default)]
pub(crate) struct Shared {
    quiet: bool,
    #[cfg(feature = "tracing")]
    pub(super) guard: SubscriberGuard,
    /// Never locked while user code runs.
    state: Mutex<State>,
    /// Notified when an item is queued or done.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Item>,
    /// What was logged at install, when the program had no subscriber yet. It went to stderr.
    #[cfg(feature = "tracing")]
    early: Vec<Event>,
    /// When the work on the current item began, if there is one.
    working: Option<Instant>,
    /// Whether a subscriber took the beginning of the shutdown. `None` until that is known.
    answered: Option<bool>,
    /// Whether a subscriber took the report.
    report_taken: bool,
    /// The number of hooks before `finalize` that have started and not ended. An end may be counted before its start.
    running: isize,
}

enum Item {
    Event(Event),
    /// An event that went to stderr before there was a subscriber.
    #[cfg(feature = "tracing")]
    EarlyEvent(Event),
    /// A hook has ended: its span, and the outcome.
    #[cfg(feature = "tracing")]
    EndSpan(Arc<SpanCell>, &'static str),
    /// The last owner of a span was dropped.
    #[cfg(feature = "tracing")]
    DropSpan(tracing::Span),
}

impl State {
    /// Whether the worker's current call takes too long.
    fn is_stalled(&self) -> bool {
        self.working.is_some_and(|since| since.elapsed() > STALLED)
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.working.is_none()
    }

    fn take_item(&mut self) -> Option<Item> {
        let item = self.queue.pop_front()?;
        // In the same step, so that the worker is never idle in between, and others see when it is stalled.
        self.working = Some(Instant::now());
        Some(item)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `is_done` returns true, the time is over, or the worker is stalled.
    fn wait(&self, time: Duration, is_done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let start = Instant::now();
        let mut state = self.state();
        while !is_done(&state) && !state.is_stalled() {
            let left = time.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, left.min(CHECK)).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// Blocks until there is an item, and takes it.
    fn wait_for_item(&self) -> Item {
        let mut state = self.state();
        loop {
            if let Some(item) = state.take_item() {
                return item;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    #[cfg(feature = "tracing")]
    fn push(&self, item: Item) {
        self.state().queue.push_back(item);
        self.changed.notify_all();
    }
}

#[cfg(feature = "tracing")]
impl SpanWorker for Shared {
    fn guard(&self) -> &SubscriberGuard {
        &self.guard
    }

    fn drop_span(&self, span: tracing::Span) {
        self.push(Item::DropSpan(span));
    }

    fn end_span(&self, span: Arc<SpanCell>, outcome: &'static str) {
        self.push(Item::EndSpan(span, outcome));
    }
}

impl TelemetryWorker {
    /// Starts the thread. Returns `None` if the system refuses it; then all events go to stderr.
    ///
    /// The masks come from the open inbox: the signal handlers are registered, so the thread may take signals.
    pub(super) fn start(quiet: bool, masks: Masks) -> Option<Self> {
        let shared = Arc::new(Shared { quiet, ..Shared::default() });
        let for_thread = Arc::clone(&shared);
        threads::spawn("shutdown-telemetry", move || run(&for_thread, masks)).ok()?;
        Some(Self { shared })
    }

    /// Sends the event to the worker. Returns the events that must go to stderr instead: this one if there is no
    /// subscriber or no room, and all that are queued if the worker is stalled.
    pub(super) fn offer(&self, event: Event) -> Vec<Event> {
        let mut state = self.shared.state();
        // Before all else, because `begin` counts hooks also without a subscriber.
        if matches!(&event, Event::HookEnded(hook) if hook.start.is_some() && hook.phase < Phase::Finalize) {
            state.running -= 1;
        }
        if !self.is_wanted(&event) {
            if event.is_beginning() {
                // No subscriber will answer, so no hook may wait for one.
                state.answered = Some(false);
            }
            #[cfg(feature = "tracing")]
            if matches!(event, Event::Installed(_) | Event::Warning(_)) && state.early.len() < MAX_EARLY {
                state.early.push(event.clone());
            }
            return vec![event];
        }
        #[cfg(feature = "tracing")]
        self.queue_early(&mut state);
        // A stalled worker gets the event even if the queue is full: its sentences are taken out below.
        let is_stalled = state.is_stalled();
        if state.queue.len() >= MAX_QUEUED && !is_stalled {
            return vec![event];
        }
        state.queue.push_back(Item::Event(event));
        // The worker may never return: what it would have sent goes to stderr now.
        let unsent = if is_stalled { take_sentences(&mut state) } else { Vec::new() };
        drop(state);
        self.shared.changed.notify_all();
        unsent
    }

    /// Sends what was logged before there was a subscriber, if there is one now.
    #[cfg(feature = "tracing")]
    pub(super) fn send_early(&self) {
        if self.has_subscriber() {
            self.queue_early(&mut self.shared.state());
            self.shared.changed.notify_all();
        }
    }

    #[cfg(feature = "tracing")]
    fn queue_early(&self, state: &mut State) {
        if !state.early.is_empty() && self.has_subscriber() {
            let early = std::mem::take(&mut state.early);
            state.queue.extend(early.into_iter().map(Item::EarlyEvent));
        }
    }

    /// Sends the report, and waits at most this time until a subscriber has taken it.
    ///
    /// # Errors
    /// No subscriber took the report. Returns the other events that no subscriber took.
    pub(super) fn send_report(&self, report: &Arc<Report>, time: Duration) -> Result<(), Vec<Event>> {
        let unsent = self.offer(Event::Ended(Arc::clone(report)));
        if !unsent.is_empty() {
            return Err(unsent);
        }
        // The report is the last event. When the worker is idle, it has handled the report.
        let mut state = self.shared.wait(time, State::is_idle);
        if state.report_taken { Ok(()) } else { Err(take_sentences(&mut state)) }
    }

    /// Counts a hook that starts. A hook in `finalize` first waits until the worker is idle: the hook may export what the
    /// subscriber has recorded.
    pub(super) fn begin(&self, hook: &HookRecord) {
        // Only these are waited for: hooks of `finalize` would wait for each other.
        if hook.phase < Phase::Finalize {
            self.shared.state().running += 1;
        } else if cfg!(feature = "metrics") || self.has_subscriber() {
            drop(self.shared.wait(WORKER_TIMEOUT, |state| state.is_idle() && state.running <= 0));
        }
    }

    /// Makes the span around a hook. The first hooks wait until the subscriber has answered the beginning of the shutdown.
    #[cfg(feature = "tracing")]
    pub(super) fn span(&self, hook: &HookRecord) -> HookSpan {
        if !self.has_subscriber() {
            return HookSpan::default();
        }
        // If there is no answer in time, no later hook waits for it.
        let answered =
            *self.shared.wait(WORKER_TIMEOUT, |state| state.answered.is_some()).answered.get_or_insert(false);
        if answered {
            HookSpan::new(hook, Arc::clone(&self.shared) as Arc<dyn SpanWorker>)
        } else {
            HookSpan::default()
        }
    }

    #[cfg(feature = "tracing")]
    fn has_subscriber(&self) -> bool {
        tracing::dispatcher::has_been_set() && !self.shared.guard.is_broken()
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "with the feature `tracing` it is used")]
    fn has_subscriber(&self) -> bool {
        false
    }

    fn is_wanted(&self, event: &Event) -> bool {
        let counts =
            matches!(event, Event::Began { .. } | Event::HookEnded(_) | Event::DrainingBegan { .. } | Event::Ended(_));
        (cfg!(feature = "metrics") && counts) || self.has_subscriber()
    }
}

/// Removes the events that have a sentence from the queue. The others stay: the worker may continue.
fn take_sentences(state: &mut State) -> Vec<Event> {
    let mut sentences = Vec::new();
    let keep = |item| match item {
        Item::Event(event) if event.sentence().is_some() => {
            sentences.push(event);
            None
        }
        other => Some(other),
    };
    state.queue = std::mem::take(&mut state.queue).into_iter().filter_map(keep).collect();
    sentences
}

/// The worker's own thread.
struct Thread<'a> {
    shared: &'a Shared,
    masks: Masks,
    #[cfg(feature = "metrics")]
    metrics: super::metrics::ShutdownMetrics,
}

/// Handles the items of the queue. Never returns.
fn run(shared: &Shared, masks: Masks) -> ! {
    let mut thread = Thread {
        shared,
        masks,
        #[cfg(feature = "metrics")]
        metrics: super::metrics::ShutdownMetrics::default(),
    };
    loop {
        thread.handle_series();
    }
}

impl Thread<'_> {
    /// Waits for an item, and handles items until the queue is empty. Changes the mask once for all of them, and without
    /// the lock: that is a system call, and hooks wait for the lock.
    fn handle_series(&mut self) {
        let shared = self.shared;
        self.masks.apply_supervisor_mask();
        let first = shared.wait_for_item();
        self.masks.apply_program_mask();
        for item in iter::once(first).chain(iter::from_fn(|| shared.state().take_item())) {
            let is_beginning = matches!(&item, Item::Event(event) if event.is_beginning());
            let is_report = matches!(item, Item::Event(Event::Ended(_)));
            let taken = self.handle(item);
            let mut state = shared.state();
            state.working = None;
            if is_beginning {
                state.answered = Some(taken);
            }
            // Kept, because `send_report` looks after the worker is idle again.
            state.report_taken |= taken && is_report;
            drop(state);
            // All: threads wait for different conditions.
            shared.changed.notify_all();
        }
    }

    /// Calls the recorder and the subscriber. Returns whether the subscriber took the item.
    fn handle(&mut self, item: Item) -> bool {
        match item {
            Item::Event(event) => {
                #[cfg(feature = "metrics")]
                self.metrics.record(&event);
                emit_or_print(&event, self.shared)
            }
            // Not printed if the subscriber does not take it: stderr has it.
            #[cfg(feature = "tracing")]
            Item::EarlyEvent(event) => emit(&event, self.shared),
            #[cfg(feature = "tracing")]
            Item::EndSpan(span, outcome) => end_span(span, outcome, &self.shared.guard),
            #[cfg(feature = "tracing")]
            Item::DropSpan(span) => drop_span(span, &self.shared.guard),
        }
    }
}

/// Sends the event to the subscriber, otherwise to stderr. Returns whether the subscriber took it.
fn emit_or_print(event: &Event, shared: &Shared) -> bool {
    let taken = emit(event, shared);
    if !taken {
        log_line::write_event(event, shared.quiet);
    }
    taken
}

#[cfg(feature = "tracing")]
fn emit(event: &Event, shared: &Shared) -> bool {
    shared.guard.call(|| super::tracing::emit(event)).unwrap_or(false)
}

#[cfg(not(feature = "tracing"))]
fn emit(_event: &Event, _shared: &Shared) -> bool {
    false
}

#[cfg(feature = "tracing")]
fn end_span(span: Arc<SpanCell>, outcome: &'static str, guard: &SubscriberGuard) -> bool {
    let recorded = guard.call(|| span.record_outcome(outcome)).is_some();
    // If the hook's future still owns the span, the span comes back as an `Item::DropSpan`.
    let last = Arc::into_inner(span).and_then(SpanCell::into_span);
    recorded && last.is_none_or(|span| drop_span(span, guard))
}

#[cfg(feature = "tracing")]
fn drop_span(span: tracing::Span, guard: &SubscriberGuard) -> bool {
    let mut span = Some(span);
    let dropped = guard.call(|| drop(span.take())).is_some();
    if let Some(span) = span {
        // The subscriber has panicked: to drop the span would call it again.
        std::mem::forget(span);
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::report::{HookReport, Outcome};

    /// Returns the end of a hook that was started, if it was.
    fn end(phase: Phase, start: Option<Duration>) -> Event {
        let hook = sample::report(&[Outcome::Completed]).hooks.remove(0);
        Event::HookEnded(Box::new(HookReport { phase, start, ..hook }))
    }

    #[test]
    fn a_hook_of_the_last_phase_waits_for_the_hooks_that_have_started_and_for_nothing_else() {
        let worker = TelemetryWorker { shared: Arc::default() };
        worker.begin(&sample::hook());
        worker.begin(&sample::hook());
        let running = |event| {
            drop(worker.offer(event));
            worker.shared.state().running
        };
        assert_eq!(running(Event::DrainingBegan { in_flight: 0 }), 2);
        assert_eq!(running(end(Phase::Finalize, Some(Duration::ZERO))), 2, "it is not waited for");
        assert_eq!(running(end(Phase::Stop, None)), 2, "it was skipped");
        assert_eq!(running(end(Phase::Stop, Some(Duration::ZERO))), 1);
        assert_eq!(running(end(Phase::Close, Some(Duration::ZERO))), 0);
        worker.begin(&HookRecord { phase: Phase::Finalize, ..sample::hook() });
        assert_eq!(worker.shared.state().running, 0, "it is not waited for");
    }

    #[test]
    fn events_without_a_sentence_stay_in_the_queue() {
        let mut state = State::default();
        let events = [Event::DrainingBegan { in_flight: 0 }, Event::Problem("no room".to_owned())];
        state.queue.extend(events.map(Item::Event));
        assert!(matches!(&take_sentences(&mut state)[..], [Event::Problem(_)]));
        assert!(matches!(state.queue.make_contiguous(), [Item::Event(Event::DrainingBegan { .. })]));
    }
}
