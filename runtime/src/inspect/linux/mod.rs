//! Describes what a thread is doing, from the files of `/proc`.

use nix::unistd::{Pid, gettid};

use proc_dir::{ProcDir, SocketTables};
use stat::Stat;
use syscall::ThreadState;

mod ancestor;
#[cfg(test)]
mod arbitrary_tests;
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

pub(super) use ancestor::find_ancestor;
pub(super) use connections::open_connections;

pub(super) fn thread_activities(threads: impl Iterator<Item = Option<Pid>>) -> impl Iterator<Item = Option<String>> {
    let tables = SocketTables::default();
    // All first snapshots come before the tables are read. So the tables belong to the calls of the threads that stay in
    // them until their second snapshots.
    let inspections: Vec<_> = threads.map(|thread| Inspection::begin(thread?, &tables)).collect();
    inspections.into_iter().map(|inspection| inspection?.describe())
}

pub(super) fn process_name(pid: i32) -> Option<String> {
    // 0 is a process outside of the namespace. A `/proc` of another namespace has other processes under the same ids.
    if pid <= 0 || !ProcDir::is_own_namespace() {
        return None;
    }
    let name = ProcDir::of_process(pid).read_text("comm")?;
    Some(name.trim_end_matches('\n').to_owned()).filter(|name| !name.is_empty())
}

/// A thread that is being inspected.
struct Inspection {
    dir: ProcDir,
    before: Snapshot,
}

impl Inspection {
    /// Takes the first snapshot. `tables` must not have been read before.
    fn begin(thread: Pid, tables: &SocketTables) -> Option<Self> {
        // The current thread is always reading `/proc`.
        if thread == gettid() {
            return None;
        }
        let dir = ProcDir::of_thread(thread, tables.clone())?;
        Some(Self { before: Snapshot::of(&dir), dir })
    }

    /// Describes what the thread has been doing since the first snapshot.
    fn describe(&self) -> Option<String> {
        let Self { dir, before } = self;
        let stat = Stat::of(dir)?;
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
                let detailed = describe::in_syscall(&call, &stat, Some(dir));
                let has_stayed = Snapshot::of(dir) == *before;
                Some(if has_stayed { detailed } else { describe::in_syscall(&call, &stat, None) })
            }
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
