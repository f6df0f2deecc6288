//! Beside station 9: news in; told to `tracing` and `metrics` where somebody listens, else to stderr.
//!
//! Whoever listens is the program's code and may block, so that nobody speaks to it but a thread of its own, the
//! teller. The one exception are the spans around hooks, which must be entered where the hook runs: none is made unless
//! the teller has shown that they are answered.

use std::time::Duration;

pub(crate) use news::{Named, News};
pub(crate) use span::HookSpan;

use crate::console;
use crate::hook::Hook;
use crate::report::{Canvas, Report};

#[cfg(feature = "tracing")]
mod events;
#[cfg(feature = "metrics")]
mod meters;
mod news;
mod span;
#[cfg(any(feature = "tracing", feature = "metrics"))]
mod teller;

/// How long the end waits for those who listen.
pub(crate) const PATIENCE: Duration = Duration::from_millis(200);

/// Whether anybody may want to know of each hook that ends.
pub(crate) const TELLS_ENDS: bool = cfg!(any(feature = "tracing", feature = "metrics"));

/// The one who tells.
pub(crate) struct Voice {
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    teller: Option<teller::Teller>,
    canvas: Canvas,
}

impl Voice {
    /// Made at install, with all that it needs.
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            teller: teller::Teller::start(),
            // Asked for now: the environment belongs to the program, which may hold its lock.
            canvas: console::canvas(),
        }
    }

    pub(crate) fn tell(&self, news: News) {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        let news = match &self.teller {
            Some(teller) => match teller.offer(news) {
                None => return,
                Some(news) => news,
            },
            None => news,
        };
        if let Some(sentence) = news.sentence() {
            console::line(sentence);
        }
    }

    /// Tells the report, and waits until it was heard, or goes to stderr.
    pub(crate) fn conclude(&self, report: &Report, patience: Duration) {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        if self.teller.as_ref().is_some_and(|teller| teller.conclude(report, patience.min(PATIENCE))) {
            return;
        }
        console::write(&report.on(self.canvas).to_string(), patience.min(console::PATIENCE));
    }

    /// The span around a hook that starts now.
    #[cfg(feature = "tracing")]
    pub(crate) fn span(&self, hook: &Hook) -> HookSpan {
        match self.teller.as_ref().filter(|teller| teller.is_answered()) {
            Some(_) => HookSpan::of(hook),
            None => HookSpan::default(),
        }
    }

    /// The span around a hook that starts now.
    #[cfg(not(feature = "tracing"))]
    #[expect(clippy::unused_self, reason = "with the feature `tracing` it is used")]
    pub(crate) fn span(&self, _hook: &Hook) -> HookSpan {
        HookSpan::default()
    }
}
