//! Beside the road: a line for the operator in, stderr out, without ever blocking on a pipe that nobody reads.

use std::io::{IsTerminal, stderr};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::report::Canvas;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A pipe that says it is writable takes this much without blocking (`PIPE_BUF` of Linux; POSIX grants 512).
const CHUNK: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// How long the report waits for a reader that takes nothing at all.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// The same for a line while hooks run: they wait for nobody.
const LINE_PATIENCE: Duration = Duration::from_millis(10);

/// Whether the reader took nothing the last time; then no line waits for it.
static STUCK: AtomicBool = AtomicBool::new(false);

/// Writes `on-shutdown: ` and the text, as one line, or as far as the reader takes it.
pub(crate) fn line(text: impl std::fmt::Display) {
    let patience = if STUCK.load(Ordering::Relaxed) { Duration::ZERO } else { LINE_PATIENCE };
    write(&format!("on-shutdown: {text}\n"), patience);
}

/// Writes past the standard library's lock, which a wedged program may hold for ever, as long as the reader takes
/// something within the patience.
pub(crate) fn write(text: &str, patience: Duration) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() && writable(patience) {
        let chunk = rest.get(..CHUNK.min(rest.len())).unwrap_or(rest);
        match nix::unistd::write(stderr(), chunk) {
            Ok(written @ 1..) => rest = rest.get(written..).unwrap_or_default(),
            Err(nix::errno::Errno::EINTR | nix::errno::Errno::EAGAIN) => {}
            Ok(0) | Err(_) => return,
        }
    }
    STUCK.store(!rest.is_empty(), Ordering::Relaxed);
}

/// What stderr is: a terminal has a width, and colors unless somebody does not want them (<https://no-color.org>).
pub(crate) fn canvas() -> Canvas {
    if !stderr().is_terminal() {
        return Canvas::PLAIN;
    }
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    Canvas { width: width().unwrap_or(Canvas::PLAIN.width), colored: !dumb && !set("NO_COLOR") }
}

#[cfg(feature = "terminal")]
fn width() -> Option<usize> {
    terminal_size::terminal_size_of(stderr()).map(|(width, _)| width.0.into())
}

#[cfg(not(feature = "terminal"))]
fn width() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

fn writable(at_most: Duration) -> bool {
    let stderr = stderr();
    let mut descriptor = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::ZERO);
    let ready = matches!(poll(&mut descriptor, timeout), Ok(1..));
    ready && descriptor.iter().filter_map(PollFd::revents).any(|found| found.contains(PollFlags::POLLOUT))
}
