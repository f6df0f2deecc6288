//! A descriptor's number in, what it stands for out.

use super::socket;
use super::task::{LinkedHook, Task};

/// So many descriptors are named, the others counted.
pub(super) const NAMED: usize = 4;

/// What a descriptor stands for, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) words: String,
    /// A file of a file system, on a disk or on a server.
    pub(super) is_stored: bool,
}

/// `None` when nothing is known, as of a descriptor closed meanwhile.
pub(super) fn describe(task: &Task, descriptor: i32) -> Option<Described> {
    task.link(descriptor).map(|link| describe_link(task, link))
}

pub(super) fn describe_link(task: &Task, link: LinkedHook) -> Described {
    let is_stored = matches!(&link, LinkedHook::Path(path) if is_stored(path));
    let words = match link {
        LinkedHook::Socket(inode) => socket::describe(task, inode).unwrap_or_else(|| "a socket".to_owned()),
        LinkedHook::Pipe(_) => "a pipe".to_owned(),
        LinkedHook::Anonymous(kind) => anonymous(&kind),
        LinkedHook::Path(path) => path,
    };
    Described { words, is_stored }
}

/// Whether a thread that is blocked on this path waits for a disk or for a file server.
pub(super) fn is_stored(path: &str) -> bool {
    path.starts_with('/') && !["/dev/", "/proc/", "/sys/"].iter().any(|other| path.starts_with(other))
}

fn anonymous(kind: &str) -> String {
    let words = match kind {
        "eventpoll" => "an epoll set",
        "eventfd" => "an eventfd",
        "inotify" => "an inotify watch",
        "io_uring" => "an io_uring",
        "pidfd" => "a process",
        "signalfd" => "a signalfd",
        "timerfd" => "a timer",
        "userfaultfd" => "a userfaultfd",
        other => return format!("an anonymous {other}"),
    };
    words.to_owned()
}

/// `fd 3, a pipe`, or `fd 3 (a pipe), fd 7 (..) and 12 more`.
pub(super) fn list(named: &[(i32, Option<String>)], more: usize) -> String {
    if let ([(descriptor, words)], 0) = (named, more) {
        return one(*descriptor, words.as_deref());
    }
    let named = named.iter().map(|(descriptor, words)| match words {
        Some(words) => format!("fd {descriptor} ({words})"),
        None => format!("fd {descriptor}"),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

/// `fd 3, a pipe`.
pub(super) fn one(descriptor: i32, words: Option<&str>) -> String {
    match words {
        Some(words) => format!("fd {descriptor}, {words}"),
        None => format!("fd {descriptor}"),
    }
}
