//! News in, told one after another on a thread that may block out; whoever waits for it does so for a limited time.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::News;
use crate::console;
use crate::report::Report;

/// More news than this at once are not kept; the report has it all.
const QUEUE: usize = 1024;

/// A listener that takes longer for one piece of news is stuck.
const STUCK: Duration = Duration::from_millis(50);

pub(super) struct Teller {
    queue: SyncSender<News>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// News that were accepted and not told yet.
    pending: usize,
    /// Since when the piece of news is told that is told now.
    telling: Option<Instant>,
    /// Whether anything was ever told to its end.
    answered: bool,
    /// Whether it ever took so long that nobody relies on it any more.
    stuck: bool,
    /// Whether a listener took the report.
    report_heard: bool,
}

impl Progress {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until this is so, at most so long.
    fn wait(&self, at_most: Duration, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waits = |state: &mut State| !done(state);
        let waited = self.changed.wait_timeout_while(self.state(), at_most, waits);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl State {
    fn is_stuck(&mut self) -> bool {
        self.stuck |= self.telling.is_some_and(|since| since.elapsed() > STUCK);
        self.stuck
    }
}

impl Teller {
    /// None where the system refuses a thread: then stderr hears it all.
    pub(super) fn start() -> Option<Self> {
        let (queue, news) = sync_channel(QUEUE);
        let progress = Arc::new(Progress::default());
        let told = Arc::clone(&progress);
        let thread = thread::Builder::new().name("shutdown-teller".to_owned());
        thread.spawn(move || tell_all(&news, &told)).ok()?;
        Some(Self { queue, progress })
    }

    /// Gives the news back where nobody may listen, or nobody answers.
    pub(super) fn offer(&self, news: News) -> Option<News> {
        if !is_wanted(&news) {
            return Some(news);
        }
        let mut state = self.progress.state();
        if state.is_stuck() {
            return Some(news);
        }
        match self.queue.try_send(news) {
            Ok(()) => {
                state.pending += 1;
                None
            }
            Err(TrySendError::Full(news) | TrySendError::Disconnected(news)) => Some(news),
        }
    }

    /// Whether a listener took the report.
    pub(super) fn conclude(&self, report: &Report, patience: Duration) -> bool {
        if self.offer(News::Report(Box::new(report.clone()))).is_some() {
            return false;
        }
        self.progress.wait(patience, |state| state.pending == 0).report_heard
    }

    /// Whether somebody listens, and has answered so far. The first hook of a shutdown waits for the first answer.
    #[cfg(feature = "tracing")]
    pub(super) fn is_answered(&self) -> bool {
        if !tracing::dispatcher::has_been_set() {
            return false;
        }
        let mut state = self.progress.wait(STUCK, |state| state.answered || state.stuck);
        state.stuck |= !state.answered;
        !state.is_stuck()
    }
}

#[cfg(feature = "tracing")]
fn is_wanted(news: &News) -> bool {
    tracing::dispatcher::has_been_set() || is_measured(news)
}

#[cfg(not(feature = "tracing"))]
fn is_wanted(news: &News) -> bool {
    is_measured(news)
}

fn is_measured(news: &News) -> bool {
    cfg!(feature = "metrics") && matches!(news, News::Ended(_) | News::Draining { .. } | News::Report(_))
}

fn tell_all(news: &Receiver<News>, progress: &Progress) {
    #[cfg(feature = "metrics")]
    let mut meters = super::meters::Meters::default();
    while let Ok(news) = news.recv() {
        progress.state().telling = Some(Instant::now());
        #[cfg(feature = "metrics")]
        meters.record(&news);
        let heard = heard(&news);
        if !heard && let Some(sentence) = news.sentence() {
            console::line(sentence);
        }
        let mut state = progress.state();
        state.pending = state.pending.saturating_sub(1);
        (state.telling, state.answered) = (None, true);
        state.report_heard |= heard && matches!(news, News::Report(_));
        drop(state);
        progress.changed.notify_all();
    }
}

#[cfg(feature = "tracing")]
fn heard(news: &News) -> bool {
    super::events::emit(news)
}

#[cfg(not(feature = "tracing"))]
fn heard(_news: &News) -> bool {
    false
}
