//! Lists the system calls that may block, with their names and the meaning of their arguments.
//!
//! Numbers differ between architectures, and some architectures lack some calls. A call that is not listed here is
//! reported by its number.

use nix::libc::{self, c_long};

/// What a call waits for, and which of its arguments names it. Arguments count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitTarget {
    /// Argument 0 is a descriptor.
    Descriptor,
    /// Argument 0 and this argument are descriptors. The call waits for either of them.
    TwoDescriptors(usize),
    /// Argument 0 is a socket. This argument is the address of the peer, and the next argument is its length.
    Address(usize),
    /// Argument 0 is a descriptor that the kernel has closed already, so only its number is known.
    ClosedDescriptor,
    /// Arguments 0 and 1 are a list of descriptors and its length.
    PollList,
    /// Argument 0 is an epoll set.
    Epoll,
    /// Argument 0 is the number of descriptors. With none, the call is a sleep.
    Select,
    /// This argument is a path.
    Path(usize),
    /// Argument 0 is a child process, or a set of child processes.
    Wait4,
    /// Arguments 0 and 1 are a kind of child process and its number.
    Waitid,
    /// The call waits for a time.
    Sleep,
    /// The arguments name nothing. This text describes the wait.
    Text(&'static str),
}

/// What these calls wait for, their numbers, and their names as libc spells them, with a space after each. In groups, so
/// that the loader of the program relocates 50 pointers and not 150.
type SyscallGroup = (WaitTarget, &'static [c_long], &'static str);

/// Returns the name of the call, as its manual page spells it, and what the call waits for.
pub(super) fn find(number: c_long) -> Option<(&'static str, WaitTarget)> {
    let position = |numbers: &[c_long]| numbers.iter().position(|known| *known == number);
    let (target, names, at) = all().find_map(|(target, numbers, names)| Some((*target, *names, position(numbers)?)))?;
    let name = names.split(' ').nth(at)?;
    Some((name.strip_prefix("SYS_").unwrap_or(name), target))
}

fn all() -> impl Iterator<Item = &'static SyscallGroup> {
    [EVERYWHERE, COMMON, OLD, RECENT, SELECT].into_iter().flatten()
}

macro_rules! calls {
    ($($target:expr => $($name:ident)+;)+) => {
        &[$(($target, &[$(libc::$name),+], concat!($(stringify!($name), " "),+)),)+]
    };
}

use WaitTarget::*;

const EVERYWHERE: &[SyscallGroup] = calls! {
    Descriptor => SYS_read SYS_readv SYS_preadv SYS_preadv2 SYS_write SYS_writev SYS_pwritev SYS_pwritev2;
    Descriptor => SYS_recvfrom SYS_recvmsg SYS_sendmsg SYS_sendmmsg SYS_accept4 SYS_getsockopt SYS_setsockopt;
    Descriptor => SYS_fcntl SYS_flock SYS_fsync SYS_fdatasync SYS_syncfs SYS_fallocate SYS_ftruncate;
    Descriptor => SYS_getdents64 SYS_ioctl SYS_vmsplice;
    TwoDescriptors(1) => SYS_sendfile SYS_tee;
    TwoDescriptors(2) => SYS_copy_file_range SYS_splice;
    Address(1) => SYS_connect;
    Address(4) => SYS_sendto;
    ClosedDescriptor => SYS_close SYS_dup3;
    Epoll => SYS_epoll_pwait SYS_epoll_pwait2;
    Path(0) => SYS_chdir SYS_execve SYS_statfs SYS_truncate;
    Path(1) => SYS_openat SYS_openat2 SYS_statx SYS_faccessat SYS_faccessat2 SYS_readlinkat;
    Path(1) => SYS_mkdirat SYS_unlinkat SYS_renameat2;
    Path(1) => SYS_mount;
    Waitid => SYS_waitid;
    Text("") => SYS_msync SYS_munmap SYS_mprotect SYS_madvise SYS_mremap SYS_brk SYS_exit SYS_exit_group;
    Text(", for all files") => SYS_sync;
    Text(", for input or output") => SYS_io_uring_enter;
    Text(", for a signal") => SYS_rt_sigsuspend;
    Text(", a wait that was interrupted and goes on") => SYS_restart_syscall;
    Text(", for a child to start its program") => SYS_clone SYS_clone3;
    Text(", for random numbers") => SYS_getrandom;
};

/// Calls of all 64-bit architectures, and of the two 32-bit ones that are still in use.
#[cfg(any(target_pointer_width = "64", target_arch = "arm", target_arch = "x86"))]
const COMMON: &[SyscallGroup] = calls! {
    Descriptor => SYS_pread64 SYS_pwrite64 SYS_recvmmsg SYS_mq_timedsend SYS_mq_timedreceive;
    PollList => SYS_ppoll;
    Select => SYS_pselect6;
    Path(0) => SYS_umount2;
    Wait4 => SYS_wait4;
    Sleep => SYS_nanosleep SYS_clock_nanosleep;
    Text(", for a lock or another thread") => SYS_futex SYS_futex_waitv;
    Text(", for a signal") => SYS_rt_sigtimedwait;
    Text(", for input or output") => SYS_io_getevents;
};
#[cfg(not(any(target_pointer_width = "64", target_arch = "arm", target_arch = "x86")))]
const COMMON: &[SyscallGroup] = &[];

/// Calls that newer architectures do not have.
#[cfg(any(target_arch = "x86_64", target_arch = "arm", target_arch = "x86"))]
const OLD: &[SyscallGroup] = calls! {
    Descriptor => SYS_getdents SYS_fstat;
    ClosedDescriptor => SYS_dup2;
    PollList => SYS_poll;
    Epoll => SYS_epoll_wait;
    Path(0) => SYS_open SYS_creat SYS_stat SYS_lstat SYS_access SYS_readlink;
    Path(0) => SYS_unlink SYS_rename SYS_mkdir SYS_rmdir;
    Text(", for a signal") => SYS_pause;
    Text(", for a child to start its program") => SYS_vfork;
};
#[cfg(not(any(target_arch = "x86_64", target_arch = "arm", target_arch = "x86")))]
const OLD: &[SyscallGroup] = &[];

/// Calls that some architectures provide through another call.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
const RECENT: &[SyscallGroup] = calls! {
    Descriptor => SYS_accept;
    Path(1) => SYS_newfstatat;
    Text(", for a semaphore") => SYS_semtimedop SYS_semop;
    Text(", for a message") => SYS_msgrcv;
    Text(", for room for a message") => SYS_msgsnd;
};
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
const RECENT: &[SyscallGroup] = &[];

/// On other architectures, the call of this name has one argument.
#[cfg(target_arch = "x86_64")]
const SELECT: &[SyscallGroup] = calls! { Select => SYS_select; };
#[cfg(not(target_arch = "x86_64"))]
const SELECT: &[SyscallGroup] = &[];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn spec_3_23_no_number_has_two_names() {
        let numbers: Vec<c_long> = all().flat_map(|(_, numbers, _)| numbers.iter().copied()).collect();
        assert_eq!(HashSet::<_>::from_iter(&numbers).len(), numbers.len());
        let names: Vec<_> = all().flat_map(|(_, _, names)| names.split_ascii_whitespace()).collect();
        assert_eq!(names.len(), numbers.len());
        assert!(names.iter().all(|name| name.starts_with("SYS_")));
    }

    #[test]
    fn spec_3_23_a_number_has_the_name_of_its_manual_page() {
        assert_eq!(find(libc::SYS_read), Some(("read", Descriptor)));
        assert_eq!(find(libc::SYS_pwritev2), Some(("pwritev2", Descriptor)));
        assert_eq!(find(libc::SYS_connect), Some(("connect", Address(1))));
        assert_eq!(find(999_999), None);
        assert_eq!(find(-1), None);
    }
}
