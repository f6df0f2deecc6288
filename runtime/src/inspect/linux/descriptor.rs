//! Describes what a file descriptor refers to.

use super::proc_dir::{LinkTarget, ProcDir};
use super::socket;

/// Maximum number of descriptors that one message names. The message counts the others.
pub(super) const MAX_NAMED: usize = 4;

/// The description of a descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) text: String,
    /// Whether it is a file on a disk or on a file server.
    pub(super) is_stored: bool,
}

/// Describes a descriptor. Returns `None` if nothing is known, for example if the descriptor is closed.
pub(super) fn describe(dir: &ProcDir, descriptor: i32) -> Option<Description> {
    dir.read_link(descriptor).map(|target| describe_target(dir, target))
}

pub(super) fn describe_target(dir: &ProcDir, target: LinkTarget) -> Description {
    let is_stored = matches!(&target, LinkTarget::Path(path) if is_stored(path));
    let text = match target {
        LinkTarget::Socket(inode) => socket::describe(dir, inode).unwrap_or_else(|| "a socket".to_owned()),
        LinkTarget::Pipe(_) => "a pipe".to_owned(),
        LinkTarget::Anonymous(kind) => anonymous(&kind),
        LinkTarget::Path(path) => path,
    };
    Description { text, is_stored }
}

/// Returns whether a thread that is blocked on this path waits for a disk or a file server.
pub(super) fn is_stored(path: &str) -> bool {
    path.starts_with('/') && !["/dev/", "/proc/", "/sys/"].iter().any(|other| path.starts_with(other))
}

fn anonymous(kind: &str) -> String {
    let text = match kind {
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
    text.to_owned()
}

/// Formats several descriptors: `fd 3 (a pipe), fd 7 (..) and 12 more`. Formats a single one as [`format_one`].
pub(super) fn format_list(named: &[(i32, Option<String>)], more: usize) -> String {
    if let ([(descriptor, text)], 0) = (named, more) {
        return format_one(*descriptor, text.as_deref());
    }
    let named = named.iter().map(|(descriptor, text)| match text {
        Some(text) => format!("fd {descriptor} ({text})"),
        None => format!("fd {descriptor}"),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

/// Formats one descriptor: `fd 3, a pipe`.
pub(super) fn format_one(descriptor: i32, text: Option<&str>) -> String {
    match text {
        Some(text) => format!("fd {descriptor}, {text}"),
        None => format!("fd {descriptor}"),
    }
}
