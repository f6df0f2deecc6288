//! Describes the child process that a thread waits for.

use super::proc_dir::ProcDir;
use super::stat::Stat;

/// The kernel's `P_ALL`, `P_PID`, `P_PGID` and `P_PIDFD`, the kinds of `waitid`.
const KIND_ANY: i32 = 0;
const KIND_CHILD: i32 = 1;
const KIND_GROUP: i32 = 2;
pub(super) const KIND_DESCRIPTOR: i32 = 3;

/// Describes the argument of `wait4`: ` for child 1234 (sleep)`. Without `dir`, leaves out the name.
pub(super) fn of_wait4(dir: Option<&ProcDir>, child: i32) -> String {
    match child {
        1.. => format!(" for child {child}{}", dir.and_then(|_| name(child)).unwrap_or_default()),
        0 => " for a child of its own process group".to_owned(),
        -1 => " for any child".to_owned(),
        group => format!(" for a child of process group {}", group.unsigned_abs()),
    }
}

/// Describes the arguments of `waitid`. The caller handles [`KIND_DESCRIPTOR`].
pub(super) fn of_waitid(dir: Option<&ProcDir>, kind: i32, number: i32) -> String {
    match kind {
        KIND_ANY => of_wait4(dir, -1),
        KIND_CHILD if number > 0 => of_wait4(dir, number),
        KIND_GROUP if number == 0 => of_wait4(dir, 0),
        KIND_GROUP if number > 1 => of_wait4(dir, -number),
        _ => String::new(),
    }
}

/// Returns the name of the child. Returns `None` if another process got the number meanwhile.
fn name(child: i32) -> Option<String> {
    // The kernel reuses numbers, but a process with this parent is our child.
    let stat = Stat::of(&ProcDir::of_process(child))?;
    (stat.parent == std::process::id()).then(|| format!(" ({})", stat.name))
}
