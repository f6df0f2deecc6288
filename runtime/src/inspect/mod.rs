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

#[cfg(all(test, target_os = "linux"))]
mod connection_tests;
#[cfg(all(test, target_os = "linux"))]
mod race_tests;
#[cfg(all(test, target_os = "linux"))]
mod wait_tests;
