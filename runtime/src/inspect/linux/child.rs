//! The child that a thread waits for, in words.

use super::stat::Stat;
use super::task::Task;

/// The kernel's `P_ALL`, `P_PID`, `P_PGID` and `P_PIDFD`: what `waitid` waits for.
const KIND_ANY: i32 = 0;
const KIND_CHILD: i32 = 1;
const KIND_GROUP: i32 = 2;
pub(super) const KIND_DESCRIPTOR: i32 = 3;

/// ` for child 1234 (sleep)`, for the argument of `wait4`.
pub(super) fn of_wait4(task: Option<&Task>, child: i32) -> String {
    match child {
        1.. => format!(" for child {child}{}", task.and_then(|_| name(child)).unwrap_or_default()),
        0 => " for a child of its own process group".to_owned(),
        -1 => " for any child".to_owned(),
        group => format!(" for a child of process group {}", group.unsigned_abs()),
    }
}

/// The same for the arguments of `waitid`, but for a descriptor.
pub(super) fn of_waitid(task: Option<&Task>, kind: i32, number: i32) -> String {
    match kind {
        KIND_ANY => of_wait4(task, -1),
        KIND_CHILD if number > 0 => of_wait4(task, number),
        KIND_GROUP if number == 0 => of_wait4(task, 0),
        KIND_GROUP if number > 1 => of_wait4(task, -number),
        _ => String::new(),
    }
}

/// The name that everybody sees; and only if it is a child of ours, not one that got its number.
fn name(child: i32) -> Option<String> {
    let stat = Stat::of(&Task::process(child))?;
    (stat.parent == std::process::id()).then(|| format!(" ({})", stat.name))
}
