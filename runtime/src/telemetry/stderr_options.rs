//! Says how long a text for stderr may take, and how wide and colored it is.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use crate::report::TextOptions;

/// Maximum time that the report waits for a reader that takes nothing.
pub(crate) const REPORT_TIMEOUT: Duration = Duration::from_millis(100);

/// Maximum time that a line waits for such a reader. Short, because a hook or the supervisor writes it.
pub(super) const LINE_TIMEOUT: Duration = Duration::from_millis(10);

/// Returns the options for stderr. A terminal has a width, and colors unless `NO_COLOR` is set (<https://no-color.org>).
pub(super) fn text_options() -> TextOptions {
    if !stderr().is_terminal() {
        return TextOptions::PLAIN;
    }
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    TextOptions { width: width().unwrap_or(TextOptions::PLAIN.width), colored: !dumb && !set("NO_COLOR") }
}

// The crate `terminal_size` asks Unix and Windows alone.
#[cfg(all(feature = "terminal", any(unix, windows)))]
fn width() -> Option<usize> {
    terminal_size::terminal_size_of(stderr()).map(|(width, _)| width.0.into())
}

#[cfg(not(all(feature = "terminal", any(unix, windows))))]
fn width() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}
