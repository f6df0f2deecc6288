//! Runs the thread that calls the subscriber and the recorder; whoever waits for it waits for a limited time.
//!
//! The thread has two masks. While it is idle it blocks what the program may want for itself: a program that blocks a
//! signal after the install, to wait for it, must not lose the signal to this thread. While it calls the subscriber or
//! the recorder it has the mask that the program had at install: threads and children that these start inherit it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(feature = "tracing")]
use super::span::{HookSpan, SpanCell};
#[cfg(feature = "tracing")]
use super::subscriber_guard::SubscriberGuard;
use super::{Notice, PATIENCE};
use crate::hook::{Hook, Phase};
use crate::report::Report;
use crate::telemetry::stderr;
use crate::trigger::Masks;

/// Maximum number of items that wait for a slow subscriber. More go to stderr, if they have a sentence.
const QUEUE: usize = 8192;

/// A call that takes longer than this is stalled, perhaps for ever.
pub(super) const STALLED: Duration = Duration::from_millis(200);

/// How often a thread that waits for the worker checks whether it is stalled.
const CHECK: Duration = Duration::from_millis(10);

/// The way to the thread that calls the subscriber and the recorder.
pub(super) struct TelemetryWorker {
    shared: Arc<Shared>,
}

/// What the worker's thread shares with the threads that send to it.
#[derive(Default)]
pub(crate) struct Shared {
    quiet: bool,
    #[cfg(feature = "tracing")]
    pub(super) guard: SubscriberGuard,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Item>,
    /// When the work on the current item began, if there is one.
    working: Option<Instant>,
    /// Whether a subscriber took the beginning of the shutdown; `None` until that is known.
    answered: Option<bool>,
    /// Whether a subscriber took the report.
    report_taken: bool,
    /// The number of hooks before `finalize` that have started and not ended. An end may be counted before its start.
    running: isize,
}

enum Item {
    Notice(Notice),
    /// A hook has ended: its span, and the outcome.
    #[cfg(feature = "tracing")]
    EndSpan(Arc<SpanCell>, &'static str),
    /// Nobody needs this span any more.
    #[cfg(feature = "tracing")]
    DropSpan(tracing::Span),
}

impl State {
    /// Whether a call of the worker does not return.
    fn is_stalled(&self) -> bool {
        self.working.is_some_and(|since| since.elapsed() > STALLED)
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.working.is_none()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the state is as wanted, at most so long, and no longer if the worker is stalled.
    fn wait(&self, at_most: Duration, is_done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let start = Instant::now();
        let mut state = self.state();
        while !is_done(&state) && !state.is_stalled() {
            let left = at_most.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, left.min(CHECK)).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// Lets the worker end the hook's span: to end it is a call into the subscriber.
    #[cfg(feature = "tracing")]
    pub(super) fn end_span(&self, span: Arc<SpanCell>, outcome: &'static str) {
        self.push(Item::EndSpan(span, outcome));
    }

    /// Lets the worker drop the span: to drop the last of it is a call into the subscriber.
    #[cfg(feature = "tracing")]
    pub(super) fn drop_span(&self, span: tracing::Span) {
        self.push(Item::DropSpan(span));
    }

    #[cfg(feature = "tracing")]
    fn push(&self, item: Item) {
        self.state().queue.push_back(item);
        self.changed.notify_all();
    }
}

impl TelemetryWorker {
    /// Starts the thread. `None` if the system refuses it; then everything goes to stderr.
    ///
    /// The masks come from the open inbox: the signal handlers are registered, so the thread may take signals.
    pub(super) fn start(quiet: bool, masks: Masks) -> Option<Self> {
        let shared = Arc::new(Shared { quiet, ..Shared::default() });
        let ours = Arc::clone(&shared);
        let thread = thread::Builder::new().name("shutdown-telemetry".to_owned());
        thread.spawn(move || run(&ours, masks)).ok()?;
        Some(Self { shared })
    }

    /// Sends the news to the worker. Returns what must go to stderr instead: the news itself if nobody may listen, and
    /// all that is queued if the worker is stalled.
    pub(super) fn offer(&self, news: Notice) -> Vec<Notice> {
        let mut state = self.shared.state();
        if let Notice::Ended(hook) = &news
            && hook.start.is_some()
            && hook.phase < Phase::Finalize
        {
            state.running -= 1;
        }
        if !self.is_wanted(&news) {
            if matches!(news, Notice::Began { .. }) {
                state.answered = Some(false);
            }
            return vec![news];
        }
        let is_stalled = state.is_stalled();
        if state.queue.len() >= QUEUE && !is_stalled {
            return vec![news];
        }
        state.queue.push_back(Item::Notice(news));
        let untold = if is_stalled { take_sentences(&mut state) } else { Vec::new() };
        drop(state);
        self.shared.changed.notify_all();
        untold
    }

    /// Sends the report, and waits until a subscriber took it. Otherwise returns what else no subscriber took.
    pub(super) fn conclude(&self, report: &Report, patience: Duration) -> Result<(), Vec<Notice>> {
        let untold = self.offer(Notice::Report(Box::new(report.clone())));
        if !untold.is_empty() {
            return Err(untold);
        }
        let mut state = self.shared.wait(patience, State::is_idle);
        if state.report_taken { Ok(()) } else { Err(take_sentences(&mut state)) }
    }

    /// Counts a hook that starts. A hook in `finalize` waits until the worker is idle: it may export what the
    /// subscriber knows.
    pub(super) fn begin(&self, hook: &Hook) {
        if hook.phase < Phase::Finalize {
            self.shared.state().running += 1;
        } else if cfg!(feature = "metrics") || self.has_subscriber() {
            drop(self.shared.wait(PATIENCE, |state| state.is_idle() && state.running <= 0));
        }
    }

    /// Makes the span around a hook. The first hooks wait until the subscriber has answered the beginning of the shutdown.
    #[cfg(feature = "tracing")]
    pub(super) fn span(&self, hook: &Hook) -> HookSpan {
        if !self.has_subscriber() {
            return HookSpan::default();
        }
        // If there is no answer in time, no later hook waits for it.
        let answered = *self.shared.wait(PATIENCE, |state| state.answered.is_some()).answered.get_or_insert(false);
        if answered { HookSpan::new(hook, &self.shared) } else { HookSpan::default() }
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

    fn is_wanted(&self, news: &Notice) -> bool {
        let counts =
            matches!(news, Notice::Began { .. } | Notice::Ended(_) | Notice::Draining { .. } | Notice::Report(_));
        (cfg!(feature = "metrics") && counts) || self.has_subscriber()
    }
}

/// Takes the news that have a sentence out of the queue. The rest stays, in case the worker goes on.
fn take_sentences(state: &mut State) -> Vec<Notice> {
    let mut sentences = Vec::new();
    let keep = |item| match item {
        Item::Notice(news) if news.sentence().is_some() => {
            sentences.push(news);
            None
        }
        other => Some(other),
    };
    state.queue = std::mem::take(&mut state.queue).into_iter().filter_map(keep).collect();
    sentences
}

/// Works on the queue for ever.
fn run(shared: &Shared, masks: Masks) -> ! {
    // Started while all signals are blocked, see above.
    masks.apply_supervisor_mask();
    let mut has_program_mask = false;
    #[cfg(feature = "metrics")]
    let mut metrics = super::metrics::ShutdownMetrics::default();
    loop {
        let mut state = shared.state();
        let Some(item) = state.queue.pop_front() else {
            if has_program_mask {
                drop(state);
                masks.apply_supervisor_mask();
                has_program_mask = false;
            } else {
                drop(shared.changed.wait(state));
            }
            continue;
        };
        state.working = Some(Instant::now());
        drop(state);
        if !has_program_mask {
            masks.apply_program_mask();
            has_program_mask = true;
        }
        let is_beginning = matches!(item, Item::Notice(Notice::Began { .. }));
        let is_report = matches!(item, Item::Notice(Notice::Report(_)));
        let taken = match item {
            Item::Notice(news) => {
                #[cfg(feature = "metrics")]
                metrics.record(&news);
                emit_or_print(&news, shared)
            }
            #[cfg(feature = "tracing")]
            Item::EndSpan(span, outcome) => end_span(span, outcome, &shared.guard),
            #[cfg(feature = "tracing")]
            Item::DropSpan(span) => drop_span(span, &shared.guard),
        };
        let mut state = shared.state();
        state.working = None;
        if is_beginning {
            state.answered = Some(taken);
        }
        state.report_taken |= taken && is_report;
        drop(state);
        shared.changed.notify_all();
    }
}

/// Sends the news to the subscriber, otherwise to stderr. Returns whether the subscriber took it.
fn emit_or_print(news: &Notice, shared: &Shared) -> bool {
    let taken = emit(news, shared);
    if !taken && let Some(sentence) = news.line(shared.quiet) {
        stderr::line(sentence);
    }
    taken
}

#[cfg(feature = "tracing")]
fn emit(news: &Notice, shared: &Shared) -> bool {
    shared.guard.call(|| super::tracing::emit(news)).unwrap_or(false)
}

#[cfg(not(feature = "tracing"))]
fn emit(_news: &Notice, _shared: &Shared) -> bool {
    false
}

#[cfg(feature = "tracing")]
fn end_span(span: Arc<SpanCell>, outcome: &'static str, guard: &SubscriberGuard) -> bool {
    let recorded = guard.call(|| span.record_outcome(outcome)).is_some();
    // If the hook's future still has a part in it, the span comes back as an item of its own.
    let last = Arc::into_inner(span).and_then(SpanCell::into_span);
    recorded && last.is_none_or(|span| drop_span(span, guard))
}

#[cfg(feature = "tracing")]
fn drop_span(span: tracing::Span, guard: &SubscriberGuard) -> bool {
    let mut span = Some(span);
    let dropped = guard.call(|| drop(span.take())).is_some();
    if let Some(span) = span {
        // The subscriber has panicked before: to drop the span would be one more call.
        std::mem::forget(span);
    }
    dropped
}
