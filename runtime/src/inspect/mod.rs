//! Describes what a thread of this process is doing, for the report on a hook that hangs; lists the open connections, for
//! the report on work in flight that does not end; and finds an ancestor that writes its report to the same file.
//!
//! Linux reports it in `/proc/self/task`; a process needs no privilege to read about its own threads. The threads keep
//! running meanwhile. So each answer is checked against the thread's state before and after, and a detail that may be
//! stale is left out. A description may be short, but it is never wrong.

use std::ffi::OsStr;
use std::fmt;
use std::net::SocketAddr;
use std::time::Instant;

#[cfg(target_os = "linux")]
mod linux;

/// The kernel's id of a thread. A thread stores its own id when it starts a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadId(#[cfg(target_os = "linux")] nix::unistd::Pid);

impl ThreadId {
    /// Returns the id of the current thread. The system call runs once per thread, because a trivial hook takes less
    /// time than the call.
    pub(crate) fn current() -> Self {
        #[cfg(target_os = "linux")]
        thread_local!(static CURRENT: nix::unistd::Pid = nix::unistd::gettid());
        Self(
            #[cfg(target_os = "linux")]
            CURRENT.with(|current| *current),
        )
    }
}

/// Describes what each thread is doing now: the system call and the descriptor that it waits for, or that it runs.
///
/// The threads share one read of the kernel's socket tables, which takes a millisecond, and up to 20 ms if the process
/// shares its network with thousands of sockets. Apart from that, each thread takes tens of microseconds. The iterator
/// does most of the work: stop it if time is short. Opens one descriptor at a time. Never waits for a thread.
///
/// The description is `None` for a thread that has ended, for the current thread, without `/proc`, without a free
/// descriptor, and on other systems than Linux.
pub(crate) fn thread_activities(
    threads: impl IntoIterator<Item = Option<ThreadId>>,
) -> impl Iterator<Item = Option<String>> {
    #[cfg(target_os = "linux")]
    return linux::thread_activities(threads.into_iter().map(|thread| thread.map(|ThreadId(id)| id)));
    #[cfg(not(target_os = "linux"))]
    threads.into_iter().map(|_| None)
}

/// Describes what one thread is doing.
#[cfg(all(test, target_os = "linux"))]
fn thread_activity(thread: ThreadId) -> Option<String> {
    thread_activities([Some(thread)]).next().flatten()
}

/// Returns what the process calls itself: at most 15 bytes. `None` if the process has ended or is outside of this
/// namespace, without `/proc`, and on other systems than Linux.
pub(crate) fn process_name(pid: i32) -> Option<String> {
    #[cfg(target_os = "linux")]
    return linux::process_name(pid);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}

/// An open TCP connection of the program.
///
/// `Display` writes one line: `TCP connection of port 8080 with 10.0.0.7:51234: established`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenConnection {
    /// The address of this side.
    pub local: SocketAddr,
    /// The address of the other side.
    pub peer: SocketAddr,
    /// The state, as `ss` names it: `established`, `close-wait`.
    pub state: &'static str,
    /// How many bytes have arrived that the program has not read.
    pub unread: u32,
    /// How many bytes the program has written that the other side has not confirmed.
    pub unsent: u32,
}

impl fmt::Display for OpenConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { local, peer, state, unread, unsent } = self;
        // Nothing says which side has opened it.
        write!(f, "TCP connection of port {} with {peer}: {state}", local.port())?;
        for (bytes, what) in [(unread, "unread"), (unsent, "not confirmed")] {
            match bytes {
                0 => {}
                1 => write!(f, ", 1 byte {what}")?,
                more => write!(f, ", {more} bytes {what}")?,
            }
        }
        Ok(())
    }
}

/// The open TCP connections that are listed, and the number of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OpenConnections {
    pub(crate) list: Vec<OpenConnection>,
    pub(crate) more: usize,
}

/// Lists at most this many open TCP connections of the program: those of low ports first, because servers have them.
///
/// Takes about a millisecond, and with thousands of descriptors or sockets as long as until `until`. Lists fewer then,
/// and none without `/proc`, without a free descriptor, and on other systems than Linux.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux lists connections"))]
pub(crate) fn open_connections(most: usize, until: Instant) -> OpenConnections {
    #[cfg(target_os = "linux")]
    return linux::open_connections(most, until).unwrap_or_default();
    #[cfg(not(target_os = "linux"))]
    OpenConnections::default()
}

/// Returns the closest ancestor of this process that has a thread of this name, and that was started with this entry
/// (`NAME=value`) in its environment.
///
/// Returns `None` for ancestors of other users, for those that a PID namespace hides, without `/proc`, and on other systems
/// than Linux. A thread gets its name when it runs for the first time.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux shows other processes"))]
pub(crate) fn find_ancestor(thread: &str, entry: &OsStr) -> Option<u32> {
    #[cfg(target_os = "linux")]
    return linux::find_ancestor(thread, std::os::unix::ffi::OsStrExt::as_bytes(entry));
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(all(test, target_os = "linux"))]
mod connection_tests;
#[cfg(all(test, target_os = "linux"))]
mod race_tests;
#[cfg(all(test, target_os = "linux"))]
mod wait_tests;
