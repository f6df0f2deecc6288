//! Beside the road: a line for the operator in, stderr out, without ever blocking on a pipe that nobody reads.

use std::io::stderr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A pipe that says it is writable takes this much without blocking (`PIPE_BUF` of Linux; POSIX grants 512).
const CHUNK: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// How long a write waits for a reader that is merely slow.
pub(crate) const PATIENCE: Duration = Duration::from_millis(100);

/// Writes `on-shutdown: ` and the text, as one line, or as far as the reader takes it.
pub(crate) fn line(text: impl std::fmt::Display) {
    write(&format!("on-shutdown: {text}\n"), PATIENCE);
}

/// Writes past the standard library's lock, which a wedged program may hold for ever.
pub(crate) fn write(text: &str, patience: Duration) {
    let until = Instant::now() + patience;
    let mut rest = text.as_bytes();
    while !rest.is_empty() && writable(until.saturating_duration_since(Instant::now())) {
        let chunk = rest.get(..CHUNK.min(rest.len())).unwrap_or(rest);
        match nix::unistd::write(stderr(), chunk) {
            Ok(written @ 1..) => rest = rest.get(written..).unwrap_or_default(),
            Err(nix::errno::Errno::EINTR | nix::errno::Errno::EAGAIN) => {}
            Ok(0) | Err(_) => return,
        }
    }
}

fn writable(at_most: Duration) -> bool {
    let stderr = stderr();
    let mut descriptor = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    let timeout = PollTimeout::try_from(at_most).unwrap_or(PollTimeout::ZERO);
    let ready = matches!(poll(&mut descriptor, timeout), Ok(1..));
    ready && descriptor.iter().filter_map(PollFd::revents).any(|found| found.contains(PollFlags::POLLOUT))
}
