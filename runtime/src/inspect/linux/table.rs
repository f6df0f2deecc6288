//! A system call's number in, its name and what its arguments stand for out: the calls that may block.
//!
//! The numbers differ from one architecture to the next, and not every one has every call; a call that is not
//! here is said as a number.

use nix::libc::{self, c_long};

/// What a call waits for, and which of its arguments says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The first argument is a descriptor.
    Descriptor,
    /// The first is a descriptor and so is the one at this place; it waits for either.
    Between(usize),
    /// The first is a descriptor, which has a socket's address to go to at this place, with its length after it.
    Address(usize),
    /// The first is the number of a descriptor that is one no longer.
    Closing,
    /// The first two are a list of descriptors and its length.
    Polled,
    /// The first is an epoll set.
    Epoll,
    /// The first is how many descriptors: with none it is a sleep.
    Select,
    /// The argument at this place is a path.
    Path(usize),
    /// The first is a child, or several.
    Wait4,
    /// The first two are a kind of child and its number.
    Waitid,
    /// It ends by itself.
    Sleep,
    /// All that can be said.
    Words(&'static str),
}

type HookLabel = (c_long, &'static str, Subject);

/// The call's name as its manual page has it.
pub(super) fn named(number: c_long) -> Option<(&'static str, Subject)> {
    let (_, name, subject) = all().find(|(known, ..)| *known == number)?;
    Some((name.strip_prefix("SYS_").unwrap_or(name), *subject))
}

fn all() -> impl Iterator<Item = &'static HookLabel> {
    [EVERYWHERE, COMMON, OLD, RECENT, SELECT].into_iter().flatten()
}

macro_rules! calls {
    ($($subject:expr => $($name:ident)+;)+) => { &[$($((libc::$name, stringify!($name), $subject),)+)+] };
}

use Subject::*;

const EVERYWHERE: &[HookLabel] = calls! {
    Descriptor => SYS_read SYS_readv SYS_preadv SYS_preadv2 SYS_write SYS_writev SYS_pwritev SYS_pwritev2;
    Descriptor => SYS_recvfrom SYS_recvmsg SYS_sendmsg SYS_sendmmsg SYS_accept4 SYS_getsockopt SYS_setsockopt;
    Descriptor => SYS_fcntl SYS_flock SYS_fsync SYS_fdatasync SYS_syncfs SYS_fallocate SYS_ftruncate;
    Descriptor => SYS_getdents64 SYS_ioctl SYS_vmsplice;
    Between(1) => SYS_sendfile SYS_tee;
    Between(2) => SYS_copy_file_range SYS_splice;
    Address(1) => SYS_connect;
    Address(4) => SYS_sendto;
    Closing => SYS_close SYS_dup3;
    Epoll => SYS_epoll_pwait SYS_epoll_pwait2;
    Path(0) => SYS_chdir SYS_execve SYS_statfs SYS_truncate;
    Path(1) => SYS_openat SYS_openat2 SYS_statx SYS_faccessat SYS_faccessat2 SYS_readlinkat;
    Path(1) => SYS_mkdirat SYS_unlinkat SYS_renameat2;
    Path(1) => SYS_mount;
    Waitid => SYS_waitid;
    Words("") => SYS_msync SYS_munmap SYS_mprotect SYS_madvise SYS_mremap SYS_brk SYS_exit SYS_exit_group;
    Words(", for all files") => SYS_sync;
    Words(", for input or output") => SYS_io_uring_enter;
    Words(", for a signal") => SYS_rt_sigsuspend;
    Words(", a wait that was interrupted and goes on") => SYS_restart_syscall;
    Words(", for a child to start its program") => SYS_clone SYS_clone3;
    Words(", for random numbers") => SYS_getrandom;
};

/// All of 64 bits, and the two of 32 that are still met.
#[cfg(any(target_pointer_width = "64", target_arch = "arm", target_arch = "x86"))]
const COMMON: &[HookLabel] = calls! {
    Descriptor => SYS_pread64 SYS_pwrite64 SYS_recvmmsg SYS_mq_timedsend SYS_mq_timedreceive;
    Polled => SYS_ppoll;
    Select => SYS_pselect6;
    Path(0) => SYS_umount2;
    Wait4 => SYS_wait4;
    Sleep => SYS_nanosleep SYS_clock_nanosleep;
    Words(", for a lock or another thread") => SYS_futex SYS_futex_waitv;
    Words(", for a signal") => SYS_rt_sigtimedwait;
    Words(", for input or output") => SYS_io_getevents;
};
#[cfg(not(any(target_pointer_width = "64", target_arch = "arm", target_arch = "x86")))]
const COMMON: &[HookLabel] = &[];

/// Calls that later architectures left out, having better ones.
#[cfg(any(target_arch = "x86_64", target_arch = "arm", target_arch = "x86"))]
const OLD: &[HookLabel] = calls! {
    Descriptor => SYS_getdents SYS_fstat;
    Closing => SYS_dup2;
    Polled => SYS_poll;
    Epoll => SYS_epoll_wait;
    Path(0) => SYS_open SYS_creat SYS_stat SYS_lstat SYS_access SYS_readlink;
    Path(0) => SYS_unlink SYS_rename SYS_mkdir SYS_rmdir;
    Words(", for a signal") => SYS_pause;
    Words(", for a child to start its program") => SYS_vfork;
};
#[cfg(not(any(target_arch = "x86_64", target_arch = "arm", target_arch = "x86")))]
const OLD: &[HookLabel] = &[];

/// Calls that some architectures reach in another way.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))]
const RECENT: &[HookLabel] = calls! {
    Descriptor => SYS_accept;
    Path(1) => SYS_newfstatat;
    Words(", for a semaphore") => SYS_semtimedop SYS_semop;
    Words(", for a message") => SYS_msgrcv;
    Words(", for room for a message") => SYS_msgsnd;
};
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
const RECENT: &[HookLabel] = &[];

/// The same name on others is a call with one argument.
#[cfg(target_arch = "x86_64")]
const SELECT: &[HookLabel] = calls! { Select => SYS_select; };
#[cfg(not(target_arch = "x86_64"))]
const SELECT: &[HookLabel] = &[];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn spec_3_23_no_number_has_two_names() {
        let numbers: HashSet<c_long> = all().map(|(number, ..)| *number).collect();
        assert_eq!(numbers.len(), all().count());
        assert!(all().all(|(_, name, _)| name.starts_with("SYS_")));
    }

    #[test]
    fn spec_3_23_a_number_has_the_name_of_its_manual_page() {
        assert_eq!(named(libc::SYS_read), Some(("read", Descriptor)));
        assert_eq!(named(libc::SYS_connect), Some(("connect", Address(1))));
        assert_eq!(named(999_999), None);
        assert_eq!(named(-1), None);
    }
}
