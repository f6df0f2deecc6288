//! A thread's folder under `/proc` in, its small files out; no file is read without bound.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{File, read_link};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;

use nix::unistd::Pid;

/// More than any file that is read whole has to say.
const TEXT: u64 = 64 * 1024;
/// One look at a thread reads this many lines of tables; the kernel makes each of them while we wait.
const LINES: usize = 20_000;
/// The longest line of a table is a unix socket's, with a path of 108 bytes.
const LINE: u64 = 1024;
/// So much of a name or a path is said.
const SAID: usize = 200;

/// `/proc/self/task/<thread>`: not `/proc/self`, whose descriptors and network are those of the main thread, which
/// may have ended.
pub(super) struct Task {
    folder: String,
    lines_left: Cell<usize>,
}

impl Task {
    pub(super) fn of(thread: Pid) -> Option<Self> {
        Self::numbers_are_ours()?;
        Some(Self { folder: format!("/proc/self/task/{thread}"), lines_left: Cell::new(LINES) })
    }

    /// The main thread of another process: only for what everybody may know of it.
    pub(super) fn process(process: i32) -> Self {
        Self { folder: format!("/proc/{process}"), lines_left: Cell::new(0) }
    }

    /// A `/proc` of an outer pid namespace numbers threads otherwise, and would show another one.
    fn numbers_are_ours() -> Option<()> {
        let shown = read_link("/proc/self").ok()?;
        (shown.as_os_str() == OsStr::new(&std::process::id().to_string())).then_some(())
    }

    /// The whole of a small file.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let mut bytes = Vec::with_capacity(512);
        self.open(name)?.take(TEXT).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What a descriptor of the thread stands for. Reads a name only, and so does not wait for a dead file server.
    pub(super) fn link(&self, descriptor: i32) -> Option<LinkedHook> {
        let target = read_link(format!("{}/fd/{descriptor}", self.folder)).ok()?;
        Some(LinkedHook::parse(&target))
    }

    /// The first line of a table for which `wanted` has an answer.
    pub(super) fn find<T>(&self, table: &str, wanted: impl Fn(&str) -> Option<T>) -> Option<T> {
        let mut reader = BufReader::with_capacity(16 * 1024, self.open(table)?);
        let mut line = Vec::with_capacity(256);
        while self.lines_left.get() > 0 {
            self.lines_left.set(self.lines_left.get() - 1);
            line.clear();
            if reader.by_ref().take(LINE).read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            if let Some(found) = wanted(String::from_utf8_lossy(&line).trim_end_matches('\n')) {
                return Some(found);
            }
        }
        None
    }

    /// What the process has in memory at this address, as far as it is readable.
    pub(super) fn memory(&self, address: u64, buffer: &mut [u8]) -> Option<usize> {
        self.open("mem")?.read_at(buffer, address).ok()
    }

    fn open(&self, name: &str) -> Option<File> {
        File::open(format!("{}/{name}", self.folder)).ok()
    }
}

/// What a descriptor stands for, as the name of its link has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LinkedHook {
    Socket(u64),
    Pipe(u64),
    /// Something of the kernel's without a name in the file system: `[eventfd]`.
    Anonymous(String),
    Path(String),
}

impl LinkedHook {
    pub(super) fn parse(target: &Path) -> Self {
        let target = printable(target.as_os_str().as_bytes());
        let numbered = |kind: &str| target.strip_prefix(kind)?.strip_prefix(":[")?.strip_suffix(']')?.parse().ok();
        if let Some(inode) = numbered("socket") {
            Self::Socket(inode)
        } else if let Some(inode) = numbered("pipe") {
            Self::Pipe(inode)
        } else if let Some(kind) = target.strip_prefix("anon_inode:") {
            Self::Anonymous(kind.trim_matches(['[', ']']).to_owned())
        } else {
            Self::Path(target)
        }
    }
}

/// A name from outside, so that it can neither break the line nor fill the screen.
pub(super) fn printable(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let mut said = String::new();
    for (index, letter) in name.chars().enumerate() {
        match letter {
            _ if index == SAID => {
                said.push('…');
                break;
            }
            control if control.is_control() => said.extend(control.escape_default()),
            letter => said.push(letter),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_23_a_link_is_a_socket_a_pipe_something_nameless_or_a_path() {
        let link = |text: &str| LinkedHook::parse(Path::new(text));
        assert_eq!(link("socket:[1456]"), LinkedHook::Socket(1456));
        assert_eq!(link("pipe:[7]"), LinkedHook::Pipe(7));
        assert_eq!(link("anon_inode:[eventpoll]"), LinkedHook::Anonymous("eventpoll".to_owned()));
        assert_eq!(link("anon_inode:inotify"), LinkedHook::Anonymous("inotify".to_owned()));
        for path in ["/var/lib/x/lock", "/memfd:cache (deleted)", "socket:[x]", "socket:[1", "pipe:1]", ""] {
            assert_eq!(link(path), LinkedHook::Path(path.to_owned()));
        }
    }

    #[test]
    fn spec_3_23_a_name_breaks_no_line_and_fills_no_screen() {
        assert_eq!(printable(b"/data/a b'\"\\.log"), "/data/a b'\"\\.log");
        assert_eq!(printable(b"/x\ny\x1b[2J"), "/x\\ny\\u{1b}[2J");
        assert_eq!(printable(b"/\xff"), "/\u{fffd}");
        assert_eq!(printable("ü".repeat(500).as_bytes()), format!("{}…", "ü".repeat(SAID)));
        assert_eq!(printable("ü".repeat(SAID).as_bytes()), "ü".repeat(SAID));
    }
}
