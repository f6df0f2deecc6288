//! Describes what a thread is doing, from the files of `/proc`.

use nix::unistd::{Pid, gettid};

use proc_dir::ProcDir;
use stat::Stat;
use syscall::ThreadState;

mod child;
mod connections;
mod describe;
mod descriptor;
mod epoll;
mod memory;
mod proc_dir;
mod socket;
mod stat;
mod syscall;
mod syscall_table;

pub(super) use connections::open_connections;

pub(super) fn thread_activity(thread: Pid) -> Option<String> {
    // The current thread is always reading `/proc`.
    if thread == gettid() {
        return None;
    }
    let dir = ProcDir::of_thread(thread)?;
    let before = Snapshot::of(&dir);
    let stat = Stat::of(&dir)?;
    if stat.has_ended() {
        return None;
    }
    // gVisor and some kernels do not have the file `syscall`.
    let Some(state) = before.syscall.as_deref().and_then(syscall::parse_state) else {
        return describe::from_stat(&stat);
    };
    match state {
        ThreadState::Running => Some(describe::running(&stat)),
        ThreadState::OutsideSyscall => Some(describe::outside_syscall(&stat)),
        ThreadState::InSyscall(call) => {
            let detailed = describe::in_syscall(&call, &stat, Some(&dir));
            let has_stayed = Snapshot::of(&dir) == before;
            Some(if has_stayed { detailed } else { describe::in_syscall(&call, &stat, None) })
        }
    }
}

/// The state of a thread at one time. Two equal snapshots prove that the thread stayed in its system call between them,
/// so everything that was read between them belongs to this call.
#[derive(PartialEq, Eq)]
struct Snapshot {
    syscall: Option<String>,
    /// Contains how often the thread got a CPU. `None` if the kernel does not count.
    schedule: Option<String>,
}

impl Snapshot {
    fn of(dir: &ProcDir) -> Self {
        Self { syscall: dir.read_text("syscall"), schedule: dir.read_text("schedstat") }
    }
}
