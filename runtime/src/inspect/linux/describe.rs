//! Formats the state of a thread as text.

use std::time::Duration;

use super::child;
use super::descriptor::{MAX_NAMED, describe, format_list, format_one, is_stored};
use super::proc_dir::ProcDir;
use super::stat::Stat;
use super::syscall::Syscall;
use super::syscall_table::{self, WaitTarget};
use super::{epoll, memory};

const STOPPED: &str = "stopped, by a signal or a debugger";

/// Describes a running thread by its CPU time, which tells a thread that spins from one that gets no CPU.
pub(super) fn running(stat: &Stat) -> String {
    let (user, kernel) = stat.cpu_time();
    let (user, kernel) = (seconds(user), seconds(kernel));
    format!("running on the CPU (since the thread began: {user} s in the program, {kernel} s in the kernel)")
}

/// Formats the seconds with one decimal. Not as a float: nothing else needs the 14 KiB that format one.
fn seconds(time: Duration) -> String {
    let tenths = time.as_secs().saturating_mul(10) + (u64::from(time.subsec_millis()) + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Describes a thread that is blocked outside a system call.
pub(super) fn outside_syscall(stat: &Stat) -> String {
    match stat.is_stopped() {
        true => STOPPED.to_owned(),
        false => format!("waiting{} outside any system call, as for a page of memory", state(stat)),
    }
}

/// Describes a thread by the file `stat` alone. Returns `None` if the thread sleeps for an unknown reason.
pub(super) fn from_stat(stat: &Stat) -> Option<String> {
    // A sleeping thread gets no text: without the file `syscall`, "waiting" would say nothing.
    match () {
        () if stat.is_running() => Some(running(stat)),
        () if stat.is_stopped() => Some(STOPPED.to_owned()),
        () if stat.is_uninterruptible() => Some(format!("waiting{}", state(stat))),
        () => None,
    }
}

/// Describes a thread in a system call. Without `dir`, describes only the arguments of the call.
pub(super) fn in_syscall(call: &Syscall, stat: &Stat, dir: Option<&ProcDir>) -> String {
    if stat.is_stopped() {
        return STOPPED.to_owned();
    }
    let Some((name, target)) = syscall_table::find(call.number) else {
        return format!("waiting{} in an unknown system call {}", state(stat), call.number);
    };
    let Detail { text, is_stored } = detail(call, target, dir);
    let verb = match target {
        WaitTarget::Sleep => "sleeping",
        // Programs use a poll without descriptors as a sleep.
        WaitTarget::PollList if call.unsigned_long(1) == 0 => "sleeping",
        WaitTarget::Select if call.int(0) == 0 => "sleeping",
        _ => "waiting",
    };
    let state =
        if stat.is_uninterruptible() && is_stored { " for the disk or file server (state D)" } else { state(stat) };
    format!("{verb}{state} in {name}{text}")
}

/// Returns the text for a thread that no signal but SIGKILL can wake.
fn state(stat: &Stat) -> &'static str {
    if stat.is_uninterruptible() { " uninterruptibly (state D)" } else { "" }
}

/// The text after the name of the call.
#[derive(Default)]
struct Detail {
    text: String,
    /// Whether the thread waits for a disk or a file server.
    is_stored: bool,
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self { text, is_stored: false }
    }
}

fn detail(call: &Syscall, target: WaitTarget, dir: Option<&ProcDir>) -> Detail {
    match target {
        WaitTarget::Descriptor => on_descriptor(call.int(0), dir),
        WaitTarget::TwoDescriptors(second) => {
            let descriptors = [call.int(0), call.int(second)];
            let text = |number| dir.and_then(|dir| describe(dir, number)).map(|description| description.text);
            format!(" on {}", format_list(&descriptors.map(|number| (number, text(number))), 0)).into()
        }
        WaitTarget::Address(index) => {
            let path = dir.and_then(|dir| memory::unix_path(dir, call.unsigned_long(index), call.int(index + 1)));
            let path = path.map(|path| format!(", to {path}")).unwrap_or_default();
            format!("{}{path}", on_descriptor(call.int(0), dir).text).into()
        }
        WaitTarget::ClosedDescriptor => format!(" of fd {}", call.int(0)).into(),
        WaitTarget::PollList => on_poll_list(call, dir).unwrap_or_default().into(),
        WaitTarget::Epoll => match dir.and_then(|dir| epoll::watched(dir, call.int(0))) {
            Some(watched) => format!(" on fd {}, which watches {watched}", call.int(0)).into(),
            None => on_descriptor(call.int(0), dir),
        },
        WaitTarget::Path(index) => match dir.and_then(|dir| memory::path(dir, call.unsigned_long(index))) {
            Some(path) => Detail { is_stored: is_stored(&path), text: format!(" of {path}") },
            None => Detail::default(),
        },
        WaitTarget::Wait4 => child::of_wait4(dir, call.int(0)).into(),
        WaitTarget::Waitid if call.int(0) == child::KIND_DESCRIPTOR => on_descriptor(call.int(1), dir),
        WaitTarget::Waitid => child::of_waitid(dir, call.int(0), call.int(1)).into(),
        WaitTarget::Text(text) => text.to_owned().into(),
        WaitTarget::Select | WaitTarget::Sleep => Detail::default(),
    }
}

fn on_descriptor(number: i32, dir: Option<&ProcDir>) -> Detail {
    let description = dir.and_then(|dir| describe(dir, number));
    let text = format_one(number, description.as_ref().map(|description| description.text.as_str()));
    Detail { text: format!(" on {text}"), is_stored: description.is_some_and(|description| description.is_stored) }
}

fn on_poll_list(call: &Syscall, dir: Option<&ProcDir>) -> Option<String> {
    let dir = dir?;
    let (mut descriptors, unread) = memory::poll_list(dir, call.unsigned_long(0), call.unsigned_long(1))?;
    let more = descriptors.len().saturating_sub(MAX_NAMED) + unread;
    descriptors.truncate(MAX_NAMED);
    let described = |number: i32| (number, describe(dir, number).map(|description| description.text));
    let named: Vec<_> = descriptors.into_iter().map(described).collect();
    (!named.is_empty()).then(|| format!(" on {}", format_list(&named, more)))
}

#[cfg(test)]
#[path = "describe_tests.rs"]
mod tests;
