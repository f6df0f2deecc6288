//! Reads a container's log while it grows, and waits for lines.

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// No test waits longer for a line.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Read {
    lines: Vec<String>,
    closed: bool,
}

/// `docker logs --follow`, read to its end by a thread of its own.
pub(crate) struct Follow {
    docker: Child,
    read: Arc<(Mutex<Read>, Condvar)>,
}

impl Follow {
    pub(crate) fn of(container: &str) -> Self {
        Self::read(&["logs", "--follow", container])
    }

    fn read(words: &[&str]) -> Self {
        // Stdout and stderr in one stream, in the order in which docker has them.
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let out = || Stdio::from(OwnedFd::from(theirs.try_clone().expect("a descriptor")));
        let mut command = Command::new("docker");
        command.args(words).stdin(Stdio::null()).stdout(out()).stderr(out());
        let docker = command.spawn().expect("docker starts");
        // The stream ends when all writers are gone; two of them are these.
        drop((command, theirs));
        let read = Arc::new((Mutex::new(Read::default()), Condvar::new()));
        let shared = Arc::clone(&read);
        thread::spawn(move || {
            for line in BufReader::new(ours).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                shared.0.lock().unwrap_or_else(PoisonError::into_inner).lines.push(line);
                shared.1.notify_all();
            }
            shared.0.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
            shared.1.notify_all();
        });
        Self { docker, read }
    }

    /// The first line that contains the text, or what is there instead.
    pub(crate) fn wait_for(&self, text: &str) -> Result<String, String> {
        let (read, changed) = &*self.read;
        let read = read.lock().unwrap_or_else(PoisonError::into_inner);
        let found = |read: &Read| read.lines.iter().find(|line| line.contains(text)).cloned();
        let waits = |read: &mut Read| found(read).is_none() && !read.closed;
        let (read, _) = changed.wait_timeout_while(read, LIMIT, waits).unwrap_or_else(PoisonError::into_inner);
        let missing = if read.closed { "the log ended" } else { "time ran out" };
        found(&read).ok_or_else(|| format!("{missing} without `{text}`:\n  {}", read.lines.join("\n  ")))
    }

    /// All that the container has said, once it has ended.
    pub(crate) fn whole(&self) -> Vec<String> {
        let (read, changed) = &*self.read;
        let read = read.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(read, LIMIT, |read| !read.closed);
        let (mut read, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut read.lines)
    }
}

/// All that a container has said until now; it may go on.
pub(crate) fn so_far(container: &str) -> Vec<String> {
    Follow::read(&["logs", container]).whole()
}

/// All that a container has said, once it has ended.
pub(crate) fn whole(container: &str) -> Vec<String> {
    Follow::of(container).whole()
}

impl Drop for Follow {
    fn drop(&mut self) {
        let _ = self.docker.kill();
        let _ = self.docker.wait();
    }
}
