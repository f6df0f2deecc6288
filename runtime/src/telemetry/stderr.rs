//! Writes lines and the report to stderr, and never waits for a reader that reads nothing.
//!
//! `poll` and then `write` is not enough. Another thread may fill the pipe in between, and a terminal says that it is
//! writable when it has room for one byte: then the write blocks, with a hook or the supervisor in it. So the write
//! itself must not block:
//!
//! - `O_NONBLOCK` on descriptor 2 is no way. The flag belongs to the open file, which other processes share.
//! - A pipe or a terminal is opened once more through `/proc/self/fd/2` (Linux). That makes an open file of our own.
//! - A socket takes `MSG_DONTWAIT` with each call.
//! - Otherwise `poll` and `write` remain: a regular file, where a write waits for the disk only; a system without
//!   `/proc`; a pipe of another user's, which the kernel does not open for us.
//!
//! The pipe is opened for each text and closed again. A descriptor that is kept since install would be the wrong one
//! after a `dup2`, and its reader would wait in vain for the end after the program has closed descriptor 2. A spare
//! descriptor on `/dev/null` is kept instead, and given up if the program has none left.

use std::fs::File;
use std::io::{IsTerminal, stderr};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::report::{OneLine, TextOptions};

/// A pipe with any room has room for this much (`PIPE_BUF` of Linux; POSIX grants 512), and takes it in one piece.
const CHUNK: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// How long the report waits for a reader that takes nothing at all.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// How long a line waits for such a reader. Short: a hook or the supervisor writes it.
const LINE_PATIENCE: Duration = Duration::from_millis(10);

/// How long a line waits at most for a reader that takes a little at a time.
const LINE_LIMIT: Duration = Duration::from_millis(100);

/// How long to wait before the next try if the descriptor says that it is writable, and then takes nothing.
const RETRY: Duration = Duration::from_millis(1);

/// Whether the reader took nothing the last time. Then no line waits for it.
static STUCK: AtomicBool = AtomicBool::new(false);

/// A descriptor that can be given up for one on stderr. Locked only to take or put it.
static SPARE: Mutex<Option<File>> = Mutex::new(None);

/// Sets a descriptor aside, if there is none yet. Called at install: at the trigger there may be none left.
pub(crate) fn prepare() {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    if spare.is_none() {
        // Without it a write can block only if the program is out of descriptors.
        *spare = File::open("/dev/null").ok();
    }
}

/// Writes `on-shutdown: ` and the text as one line, or as much as the reader takes.
pub(crate) fn line(text: impl std::fmt::Display) {
    // Relaxed: the flag guards no other memory.
    let patience = if STUCK.load(Ordering::Relaxed) { Duration::ZERO } else { LINE_PATIENCE };
    write_to_stderr(&format!("on-shutdown: {}\n", OneLine(text)), patience, LINE_LIMIT);
}

/// Writes the text, as long as the reader takes something within the patience.
pub(crate) fn write(text: &str, patience: Duration) {
    write_to_stderr(text, patience, Duration::MAX);
}

/// Writes past the standard library's lock, which a wedged program may hold for ever.
fn write_to_stderr(text: &str, patience: Duration, limit: Duration) {
    match write_all(stderr().as_fd(), text.as_bytes(), patience, limit) {
        // Relaxed: as above.
        Written::All => STUCK.store(false, Ordering::Relaxed),
        Written::Part => STUCK.store(true, Ordering::Relaxed),
        Written::Refused => {}
    }
}

/// How much of a text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    All,
    /// The reader did not take the rest in time.
    Part,
    /// Nobody can read it: the descriptor is closed, or the pipe's reader is gone.
    Refused,
}

fn write_all(descriptor: BorrowedFd<'_>, bytes: &[u8], patience: Duration, limit: Duration) -> Written {
    let sink = Sink::open(descriptor);
    let written = write_chunks(&sink, descriptor, bytes, (patience, limit));
    drop(sink);
    // To open the sink may have cost the spare descriptor.
    prepare();
    written
}

/// Writes until the reader takes nothing within the patience, or all together takes longer than the limit.
fn write_chunks(
    sink: &Sink<'_>,
    descriptor: BorrowedFd<'_>,
    bytes: &[u8],
    (patience, limit): (Duration, Duration),
) -> Written {
    let start = Instant::now();
    let (mut progress, mut rest) = (start, bytes);
    while let Some(chunk) = rest.chunks(CHUNK).next() {
        let elapsed = start.elapsed();
        let left = patience.saturating_sub(progress.elapsed()).min(limit.saturating_sub(elapsed));
        if elapsed > limit || !is_writable(descriptor, left) {
            return Written::Part;
        }
        match sink.write(chunk) {
            Ok(written @ 1..) => {
                let (_, unwritten) = rest.split_at_checked(written).unwrap_or((rest, &[]));
                rest = unwritten;
                progress = Instant::now();
            }
            Err(Errno::EINTR) => {}
            // Another writer took the room.
            Err(Errno::EAGAIN) if left.is_zero() => return Written::Part,
            Err(Errno::EAGAIN) => std::thread::sleep(RETRY.min(left)),
            Ok(0) | Err(_) => return Written::Refused,
        }
    }
    Written::All
}

/// A way to write to a descriptor.
enum Sink<'a> {
    /// The same pipe or terminal, opened once more, and not blocking.
    Reopened(File),
    /// A socket: each call says that it must not block.
    Socket(BorrowedFd<'a>),
    /// A write may block.
    Direct(BorrowedFd<'a>),
}

impl<'a> Sink<'a> {
    fn open(descriptor: BorrowedFd<'a>) -> Self {
        use nix::sys::stat::{SFlag, fstat};
        let mode = fstat(descriptor).map_or(0, |found| found.st_mode);
        let kind = SFlag::from_bits_truncate(mode) & SFlag::S_IFMT;
        match kind {
            SFlag::S_IFSOCK => Self::Socket(descriptor),
            SFlag::S_IFIFO => reopen(descriptor).map_or(Self::Direct(descriptor), Self::Reopened),
            SFlag::S_IFCHR if descriptor.is_terminal() => {
                reopen(descriptor).map_or(Self::Direct(descriptor), Self::Reopened)
            }
            // A regular file opened once more would be written from its beginning.
            _ => Self::Direct(descriptor),
        }
    }

    fn write(&self, bytes: &[u8]) -> nix::Result<usize> {
        use nix::sys::socket::{MsgFlags, send};
        use std::os::fd::AsRawFd;
        match self {
            Self::Reopened(file) => nix::unistd::write(file, bytes),
            Self::Socket(descriptor) => send(descriptor.as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT),
            Self::Direct(descriptor) => nix::unistd::write(descriptor, bytes),
        }
    }
}

/// Opens the file behind the descriptor once more. `None` if the system does not allow it.
#[cfg(target_os = "linux")]
fn reopen(descriptor: BorrowedFd<'_>) -> Option<File> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;

    use nix::libc::{EMFILE, ENFILE, O_NOCTTY, O_NONBLOCK};

    let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    let open = || File::options().write(true).custom_flags(O_NONBLOCK | O_NOCTTY).open(&path);
    let is_out_of_descriptors = |error: &std::io::Error| matches!(error.raw_os_error(), Some(EMFILE | ENFILE));
    match open() {
        Err(error) if is_out_of_descriptors(&error) => {
            drop(take_spare()?);
            open().ok()
        }
        opened => opened.ok(),
    }
}

/// Elsewhere `/dev/fd/2` is a duplicate, which shares its flags with descriptor 2.
#[cfg(not(target_os = "linux"))]
fn reopen(_descriptor: BorrowedFd<'_>) -> Option<File> {
    None
}

#[cfg(target_os = "linux")]
fn take_spare() -> Option<File> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Waits until the descriptor takes something, at most so long.
fn is_writable(descriptor: BorrowedFd<'_>, at_most: Duration) -> bool {
    let start = Instant::now();
    loop {
        let mut polled = [PollFd::new(descriptor, PollFlags::POLLOUT)];
        let left = at_most.saturating_sub(start.elapsed());
        // `poll` counts in `i32` milliseconds; what exceeds them waits as long as it can.
        match poll(&mut polled, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
            // A signal that is handled on this thread is no reason to lose the line.
            Err(Errno::EINTR) => {}
            Ok(1..) => {
                let found = polled.iter().filter_map(PollFd::revents);
                return found.into_iter().any(|found| found.contains(PollFlags::POLLOUT));
            }
            Ok(_) | Err(_) => return false,
        }
    }
}

/// Returns what stderr can show: a terminal has a width, and colors unless they are unwanted (<https://no-color.org>).
pub(crate) fn text_options() -> TextOptions {
    if !stderr().is_terminal() {
        return TextOptions::PLAIN;
    }
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    TextOptions { width: width().unwrap_or(TextOptions::PLAIN.width), colored: !dumb && !set("NO_COLOR") }
}

#[cfg(feature = "terminal")]
fn width() -> Option<usize> {
    terminal_size::terminal_size_of(stderr()).map(|(width, _)| width.0.into())
}

#[cfg(not(feature = "terminal"))]
fn width() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

#[cfg(test)]
#[path = "stderr_tests.rs"]
mod tests;
