//! Beside station 9: news in; told to `tracing` and `metrics` where somebody listens, else to stderr.
//!
//! Whoever listens is the program's code and may block or panic. So nobody speaks to it but a thread of its own, the
//! teller, which hooks and the end wait for only while it is not held up. The exception is to make, to enter and to leave
//! the span around a hook, which must happen where the hook runs: that is done only after the subscriber has answered the
//! beginning of the shutdown, and not while any call into it takes too long.
//!
//! What cannot be had: a subscriber that answers at first and later blocks for ever in `new_span`, `enter` or `exit` holds
//! the hooks that make such a call within the next millisecond, which time out; all others run. What goes to a listener is
//! told with its names in `docs/telemetry.md`.

use std::time::Duration;

pub(crate) use news::{Named, News};
pub(crate) use span::HookSpan;

use crate::console;
use crate::hook::Hook;
use crate::report::{Canvas, Report};

#[cfg(feature = "tracing")]
mod events;
#[cfg(feature = "tracing")]
mod gate;
#[cfg(feature = "metrics")]
mod meters;
mod news;
mod span;
#[cfg(any(feature = "tracing", feature = "metrics"))]
mod teller;

/// How long the end, and a hook in `flush`, waits for those who listen and are not held up.
pub(crate) const PATIENCE: Duration = if TELLS_ENDS { Duration::from_millis(500) } else { Duration::ZERO };

/// The same for an end that cannot wait.
#[cfg(any(feature = "tracing", feature = "metrics"))]
const HASTE: Duration = Duration::from_millis(50);

/// Whether anybody may want to know of each hook that ends.
pub(crate) const TELLS_ENDS: bool = cfg!(any(feature = "tracing", feature = "metrics"));

/// The one who tells.
pub(crate) struct Voice {
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    teller: Option<teller::Teller>,
    canvas: Canvas,
    quiet: bool,
}

impl Voice {
    /// Made at install, with all that it needs.
    pub(crate) fn new(quiet: bool) -> Self {
        Self {
            #[cfg(any(feature = "tracing", feature = "metrics"))]
            teller: teller::Teller::start(quiet),
            // Asked for now: the environment belongs to the program, which may hold its lock.
            canvas: console::canvas(),
            quiet,
        }
    }

    pub(crate) fn tell(&self, news: News) {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        if let Some(teller) = &self.teller {
            return self.say(&teller.offer(news));
        }
        self.say(&[news]);
    }

    fn say(&self, news: &[News]) {
        news.iter().filter_map(|news| news.line(self.quiet)).for_each(console::line);
    }

    /// Tells the report, and waits until it was heard, or goes to stderr; also there, where all went well, only if that is
    /// not to be quiet.
    pub(crate) fn conclude(&self, report: &Report, went_well: bool, patience: Duration) {
        #[cfg(any(feature = "tracing", feature = "metrics"))]
        if let Some(teller) = &self.teller {
            match teller.conclude(report, patience.clamp(HASTE, PATIENCE)) {
                Ok(()) => return,
                Err(untold) => self.say(&untold),
            }
        }
        if self.quiet && went_well {
            return;
        }
        console::write(&report.on(self.canvas).to_string(), patience.min(console::PATIENCE));
    }

    /// The span around a hook that starts now.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(crate) fn span(&self, hook: &Hook) -> HookSpan {
        let Some(teller) = &self.teller else { return HookSpan::default() };
        teller.begin(hook);
        #[cfg(feature = "tracing")]
        return teller.span(hook);
        #[cfg(not(feature = "tracing"))]
        HookSpan::default()
    }

    /// The span around a hook that starts now.
    #[cfg(not(any(feature = "tracing", feature = "metrics")))]
    #[expect(clippy::unused_self, reason = "with the feature `tracing` it is used")]
    pub(crate) fn span(&self, _hook: &Hook) -> HookSpan {
        HookSpan::default()
    }
}
