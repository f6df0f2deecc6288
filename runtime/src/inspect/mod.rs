//! Beside the road: a thread in, what it does right now out, in words for the person on call; nothing where the
//! system does not tell.
//!
//! Linux tells it in `/proc/self/task`: a process needs no right to look at its own threads. Everything is read
//! while the threads go on, so each answer is checked against the thread's place before and after, and what
//! cannot be vouched for is left out: a shorter text, never a wrong one.

#[cfg(target_os = "linux")]
mod linux;

/// A thread, remembered by itself when it starts a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadId(#[cfg(target_os = "linux")] nix::unistd::Pid);

impl ThreadId {
    /// Asks the system once per thread: a trivial hook takes less time than that.
    pub(crate) fn current() -> Self {
        #[cfg(target_os = "linux")]
        thread_local!(static CURRENT: nix::unistd::Pid = nix::unistd::gettid());
        Self(
            #[cfg(target_os = "linux")]
            CURRENT.with(|current| *current),
        )
    }
}

/// Where the thread is right now: in which system call, on which descriptor, or on the CPU.
///
/// Takes one descriptor at a time and tens of microseconds; for a socket about a millisecond, and up to twenty among
/// thousands of others. Never waits for the thread. Answers `None` for a thread that has ended, for the calling
/// thread, without `/proc`, without a free descriptor, and off Linux.
#[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux tells"))]
pub(crate) fn what_it_does(thread: ThreadId) -> Option<String> {
    #[cfg(target_os = "linux")]
    return linux::what_it_does(thread.0);
    #[cfg(not(target_os = "linux"))]
    None
}

#[cfg(all(test, target_os = "linux"))]
mod connection_tests;
#[cfg(all(test, target_os = "linux"))]
mod hostile_tests;
#[cfg(all(test, target_os = "linux"))]
mod situation_tests;
