//! Describes what a thread of this process is doing, for the report on a hook that hangs.
//!
//! Linux reports it in `/proc/self/task`; a process needs no privilege to read about its own threads. The threads keep
//! running meanwhile. So each answer is checked against the thread's state before and after, and a detail that may be
//! stale is left out. A description may be short, but it is never wrong.

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

/// Describes what the thread is doing now: the system call and the descriptor that it waits for, or that it runs.
///
/// Takes tens of microseconds, for a socket about a millisecond, and up to 20 ms if the process shares its network with
/// thousands of sockets. Opens one descriptor at a time. Never waits for the thread.
///
/// Returns `None` for a thread that has ended, for the current thread, without `/proc`, without a free descriptor, and
/// on other systems than Linux.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux reports what a thread is doing"))]
pub(crate) fn thread_activity(thread: ThreadId) -> Option<String> {
    #[cfg(target_os = "linux")]
    return linux::thread_activity(thread.0);
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(all(test, target_os = "linux"))]
mod connection_tests;
#[cfg(all(test, target_os = "linux"))]
mod race_tests;
#[cfg(all(test, target_os = "linux"))]
mod wait_tests;
