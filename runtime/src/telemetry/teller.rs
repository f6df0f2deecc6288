//! News in, told one after another on a thread that may block out; whoever waits for it does so for a limited time.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(feature = "tracing")]
use super::gate::Gate;
#[cfg(feature = "tracing")]
use super::span::{HookSpan, Inside};
use super::{News, PATIENCE};
use crate::console;
use crate::hook::{Hook, Phase};
use crate::report::Report;

/// What a listener that is too slow may leave untold; more goes to stderr, as far as it is words at all.
const QUEUE: usize = 8192;

/// A listener that takes longer than this for one piece of news is held up, perhaps for ever.
pub(super) const HELD: Duration = Duration::from_millis(200);

/// How often somebody who waits looks whether the listener is held up.
const LOOK: Duration = Duration::from_millis(10);

pub(super) struct Teller {
    shared: Arc<Shared>,
}

/// What the teller and those who speak to it share.
#[derive(Default)]
pub(crate) struct Shared {
    quiet: bool,
    #[cfg(feature = "tracing")]
    pub(super) gate: Gate,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Item>,
    /// Since when a piece of news is told, if one is told now.
    telling: Option<Instant>,
    /// Whether somebody has heard the beginning of the shutdown; `None` until that is known.
    answered: Option<bool>,
    /// Whether a listener took the report.
    report_heard: bool,
    /// Hooks before `flush` that have begun, less those whose end is known.
    running: isize,
}

enum Item {
    News(News),
    /// A hook's span, and what became of the hook.
    #[cfg(feature = "tracing")]
    Close(Arc<Inside>, &'static str),
}

impl Item {
    fn has_words(&self) -> bool {
        matches!(self, Self::News(news) if news.sentence().is_some())
    }
}

impl State {
    /// Whether the teller does not come back from the listener.
    fn is_held(&self) -> bool {
        self.telling.is_some_and(|since| since.elapsed() > HELD)
    }

    fn is_told(&self) -> bool {
        self.queue.is_empty() && self.telling.is_none()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until this is so, at most so long, and not for a listener that is held up.
    fn wait(&self, at_most: Duration, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let until = Instant::now() + at_most;
        let mut state = self.state();
        while !done(&state) && !state.is_held() {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            state = self.changed.wait_timeout(state, left.min(LOOK)).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// The hook has ended: who closes a span calls the listener, and that is the teller's part.
    #[cfg(feature = "tracing")]
    pub(super) fn close(&self, inside: Arc<Inside>, outcome: &'static str) {
        self.state().queue.push_back(Item::Close(inside, outcome));
        self.changed.notify_all();
    }
}

impl Teller {
    /// None where the system refuses a thread: then stderr hears it all.
    pub(super) fn start(quiet: bool) -> Option<Self> {
        let shared = Arc::new(Shared { quiet, ..Shared::default() });
        let told = Arc::clone(&shared);
        let thread = thread::Builder::new().name("shutdown-teller".to_owned());
        thread.spawn(move || tell_all(&told)).ok()?;
        Some(Self { shared })
    }

    /// Gives back what stderr must hear: this, where nobody may listen, and all before it that a listener who is held up
    /// was not told yet.
    pub(super) fn offer(&self, news: News) -> Vec<News> {
        let mut state = self.shared.state();
        if let News::Ended(hook) = &news
            && hook.start.is_some()
            && hook.phase < Phase::Finalize
        {
            state.running -= 1;
        }
        if !self.is_wanted(&news) {
            if matches!(news, News::Began { .. }) {
                state.answered = Some(false);
            }
            return vec![news];
        }
        let is_full = state.queue.len() >= QUEUE;
        state.queue.push_back(Item::News(news));
        let untold = match () {
            () if state.is_held() => take_words(&mut state),
            () if is_full => state.queue.pop_back().into_iter().filter_map(into_news).collect(),
            () => Vec::new(),
        };
        drop(state);
        self.shared.changed.notify_all();
        untold
    }

    /// Whether a listener took the report. If not, what else it was not told comes back.
    pub(super) fn conclude(&self, report: &Report, patience: Duration) -> Result<(), Vec<News>> {
        let untold = self.offer(News::Report(Box::new(report.clone())));
        if !untold.is_empty() {
            return Err(untold);
        }
        let mut state = self.shared.wait(patience, State::is_told);
        if state.report_heard { Ok(()) } else { Err(take_words(&mut state)) }
    }

    /// A hook starts now. One in `flush` may export what the listener knows, so it waits until all was told.
    pub(super) fn begin(&self, hook: &Hook) {
        if hook.phase < Phase::Finalize {
            self.shared.state().running += 1;
        } else if cfg!(feature = "metrics") || self.has_listener() {
            drop(self.shared.wait(PATIENCE, |state| state.is_told() && state.running <= 0));
        }
    }

    /// The span around a hook. The first hooks wait until the listener has answered the beginning of the shutdown.
    #[cfg(feature = "tracing")]
    pub(super) fn span(&self, hook: &Hook) -> HookSpan {
        if !self.has_listener() {
            return HookSpan::default();
        }
        // Waited for once, not by each hook.
        let answered = *self.shared.wait(PATIENCE, |state| state.answered.is_some()).answered.get_or_insert(false);
        if answered { HookSpan::of(hook, &self.shared) } else { HookSpan::default() }
    }

    #[cfg(feature = "tracing")]
    fn has_listener(&self) -> bool {
        tracing::dispatcher::has_been_set() && !self.shared.gate.is_broken()
    }

    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "with the feature `tracing` it is used")]
    fn has_listener(&self) -> bool {
        false
    }

    fn is_wanted(&self, news: &News) -> bool {
        let counts = matches!(news, News::Began { .. } | News::Ended(_) | News::Draining { .. } | News::Report(_));
        (cfg!(feature = "metrics") && counts) || self.has_listener()
    }
}

/// The news among these that have words; what is not for the eye stays, in case the listener comes back.
fn take_words(state: &mut State) -> Vec<News> {
    let (words, rest): (VecDeque<Item>, VecDeque<Item>) =
        std::mem::take(&mut state.queue).into_iter().partition(Item::has_words);
    state.queue = rest;
    words.into_iter().filter_map(into_news).collect()
}

#[cfg_attr(not(feature = "tracing"), expect(clippy::unnecessary_wraps, reason = "spans are no news"))]
fn into_news(item: Item) -> Option<News> {
    match item {
        Item::News(news) => Some(news),
        #[cfg(feature = "tracing")]
        Item::Close(..) => None,
    }
}

fn tell_all(shared: &Shared) -> ! {
    #[cfg(feature = "metrics")]
    let mut meters = super::meters::Meters::default();
    loop {
        let mut state = shared.state();
        let Some(item) = state.queue.pop_front() else {
            drop(shared.changed.wait(state));
            continue;
        };
        state.telling = Some(Instant::now());
        drop(state);
        let begins = matches!(item, Item::News(News::Began { .. }));
        let reports = matches!(item, Item::News(News::Report(_)));
        let heard = match item {
            Item::News(news) => {
                #[cfg(feature = "metrics")]
                meters.record(&news);
                tell(&news, shared)
            }
            #[cfg(feature = "tracing")]
            Item::Close(inside, outcome) => close(inside, outcome, &shared.gate),
        };
        let mut state = shared.state();
        state.telling = None;
        if begins {
            state.answered = Some(heard);
        }
        state.report_heard |= heard && reports;
        drop(state);
        shared.changed.notify_all();
    }
}

/// Whether a listener of `tracing` took it; else stderr did.
fn tell(news: &News, shared: &Shared) -> bool {
    let heard = heard(news, shared);
    if !heard && let Some(sentence) = news.line(shared.quiet) {
        console::line(sentence);
    }
    heard
}

#[cfg(feature = "tracing")]
fn close(inside: Arc<Inside>, outcome: &'static str, gate: &Gate) -> bool {
    let mut inside = Some(inside);
    let close = || {
        if let Some(inside) = &inside {
            inside.span.record("outcome", outcome);
        }
        drop(inside.take());
    };
    let closed = gate.call(close).is_some();
    if let Some(inside) = inside {
        // To drop it here would be one more call.
        std::mem::forget(inside);
    }
    closed
}

#[cfg(feature = "tracing")]
fn heard(news: &News, shared: &Shared) -> bool {
    shared.gate.call(|| super::events::emit(news)).unwrap_or(false)
}

#[cfg(not(feature = "tracing"))]
fn heard(_news: &News, _shared: &Shared) -> bool {
    false
}
