//! Writes lines and the report to stderr. Does not block if the reader of stderr does not read.
//!
//! `poll` before `write` is not enough. Another thread may fill the pipe in between, and a terminal is writable for
//! `poll` when it has room for one byte. The write would then block a hook or the supervisor. So the write itself must
//! not block:
//!
//! - `O_NONBLOCK` on descriptor 2 is not possible. The flag belongs to the open file, which other processes share.
//! - A pipe or a terminal is opened again through `/proc/self/fd/2` (Linux). This makes a separate open file.
//! - A socket takes `MSG_DONTWAIT` with each call.
//! - Otherwise the module uses `poll` and `write`: for a regular file, where a write waits only for the disk; on a system
//!   without `/proc`; and for a pipe of another user, which the kernel does not open.
//!
//! The pipe is opened for each text and closed again. A descriptor kept since install would refer to the old file after
//! a `dup2`, and would keep the pipe open after the program has closed descriptor 2. A spare descriptor on `/dev/null`
//! is kept instead, and closed if the program has no other left.

use std::fs::File;
use std::io::{IsTerminal, stderr};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::stderr_options::LINE_TIMEOUT;
pub(crate) use super::stderr_options::REPORT_TIMEOUT;

/// The size of one write. A pipe that is writable takes this much in one piece (`PIPE_BUF` of Linux; POSIX: 512).
const CHUNK: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// Maximum time that a line waits for a reader that takes a little at a time.
const LINE_TOTAL_TIMEOUT: Duration = Duration::from_millis(100);

/// How long to wait before the next try if the descriptor is writable for `poll` and then takes nothing.
const RETRY: Duration = Duration::from_millis(1);

/// What the last text says about the reader of stderr.
static READER: Reader = Reader::new();

/// A descriptor to close if the program has no other left. Locked only to take or set it.
static SPARE: Mutex<Option<File>> = Mutex::new(None);

/// Opens the spare descriptor, if there is none. Called at install: at the trigger the program may have none left.
pub(crate) fn prepare() {
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    if spare.is_none() {
        // Best effort: without the spare, a write can block only if the program has no descriptor left.
        *spare = File::open("/dev/null").ok();
    }
}

/// Writes a line, as far as the reader takes it in time.
pub(super) fn line(line: &str) {
    READER.write(stderr().as_fd(), line, READER.line_timeout(), LINE_TOTAL_TIMEOUT);
}

/// Writes the text, until the reader takes nothing for the time `timeout`.
pub(super) fn write(text: &str, timeout: Duration) {
    READER.write(stderr().as_fd(), text, timeout, Duration::MAX);
}

/// Remembers how the reader of a descriptor took the last text.
struct Reader {
    /// Whether it did not take all. If so, a line does not wait for it.
    is_stuck: AtomicBool,
    /// Whether it took a part that ends in the middle of a line. If so, the next text begins a new line: a program that
    /// parses lines loses one, not two.
    is_mid_line: AtomicBool,
}

// Relaxed: the flags guard no other memory.
impl Reader {
    const fn new() -> Self {
        Self { is_stuck: AtomicBool::new(false), is_mid_line: AtomicBool::new(false) }
    }

    fn line_timeout(&self) -> Duration {
        if self.is_stuck.load(Ordering::Relaxed) { Duration::ZERO } else { LINE_TIMEOUT }
    }

    /// Writes to the descriptor directly: a thread of the program may hold the standard library's lock for ever.
    fn write(&self, descriptor: BorrowedFd<'_>, text: &str, timeout: Duration, limit: Duration) {
        let text = if self.is_mid_line.load(Ordering::Relaxed) { &format!("\n{text}") } else { text };
        let (is_stuck, is_mid_line) = match write_all(descriptor, text.as_bytes(), timeout, limit) {
            Written::All => (false, Some(false)),
            Written::Part { ends_line } => (true, ends_line.map(|ends_line| !ends_line)),
            Written::Refused => return,
        };
        self.is_stuck.store(is_stuck, Ordering::Relaxed);
        is_mid_line.into_iter().for_each(|is_mid_line| self.is_mid_line.store(is_mid_line, Ordering::Relaxed));
    }
}

/// How much of a text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    All,
    /// The reader did not take the rest in time.
    Part {
        /// Whether what was written ends with a line break. `None` if nothing was written.
        ends_line: Option<bool>,
    },
    /// The descriptor is closed, or the pipe has no reader.
    Refused,
}

fn write_all(descriptor: BorrowedFd<'_>, bytes: &[u8], timeout: Duration, limit: Duration) -> Written {
    let sink = Sink::open(descriptor);
    let written = write_chunks(&sink, descriptor, bytes, (timeout, limit));
    drop(sink);
    // `Sink::open` may have closed the spare descriptor.
    prepare();
    written
}

/// Writes until the reader takes nothing for the time `timeout`, or the whole text takes longer than `limit`.
fn write_chunks(
    sink: &Sink<'_>,
    descriptor: BorrowedFd<'_>,
    bytes: &[u8],
    (timeout, limit): (Duration, Duration),
) -> Written {
    let start = Instant::now();
    let (mut progress, mut rest) = (start, bytes);
    let part = |rest: &[u8]| {
        let written = bytes.strip_suffix(rest).unwrap_or_default();
        Written::Part { ends_line: written.last().map(|last| *last == b'\n') }
    };
    while let Some(chunk) = rest.chunks(CHUNK).next() {
        let elapsed = start.elapsed();
        let left = timeout.saturating_sub(progress.elapsed()).min(limit.saturating_sub(elapsed));
        if elapsed > limit || !is_writable(descriptor, left) {
            return part(rest);
        }
        match sink.write(chunk) {
            Ok(written @ 1..) => {
                let (_, unwritten) = rest.split_at_checked(written).unwrap_or((rest, &[]));
                rest = unwritten;
                progress = Instant::now();
            }
            Err(Errno::EINTR) => {}
            // Another writer filled the pipe.
            Err(Errno::EAGAIN) if left.is_zero() => return part(rest),
            Err(Errno::EAGAIN) => std::thread::sleep(RETRY.min(left)),
            Ok(0) | Err(_) => return Written::Refused,
        }
    }
    Written::All
}

/// A way to write to a descriptor.
enum Sink<'a> {
    /// The same pipe or terminal, opened again without blocking.
    Reopened(File),
    /// A socket. Each call has the flag that it must not block.
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
            // A regular file that is opened again would be overwritten from its beginning.
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

/// Opens the file of the descriptor again. Returns `None` if the system does not allow it.
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

/// Returns `None`: on other systems `/dev/fd/2` is a duplicate, which shares its flags with descriptor 2.
#[cfg(not(target_os = "linux"))]
fn reopen(_descriptor: BorrowedFd<'_>) -> Option<File> {
    None
}

#[cfg(target_os = "linux")]
fn take_spare() -> Option<File> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Waits at most this time until the descriptor is writable. Returns whether it is.
fn is_writable(descriptor: BorrowedFd<'_>, time: Duration) -> bool {
    let start = Instant::now();
    loop {
        let mut polled = [PollFd::new(descriptor, PollFlags::POLLOUT)];
        let left = time.saturating_sub(start.elapsed());
        // `poll` counts `i32` milliseconds. A longer time waits as long as that allows.
        match poll(&mut polled, PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)) {
            // A signal handler ran on this thread: try again.
            Err(Errno::EINTR) => {}
            Ok(1..) => {
                let found = polled.iter().filter_map(PollFd::revents);
                return found.into_iter().any(|found| found.contains(PollFlags::POLLOUT));
            }
            Ok(_) | Err(_) => return false,
        }
    }
}

#[cfg(test)]
#[path = "stderr_tests.rs"]
mod tests;
