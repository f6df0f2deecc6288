//! Reads the files in a thread's directory under `/proc`. Every read has a maximum length.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{File, read_dir, read_link};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;

use nix::unistd::Pid;

/// Maximum length of a file that is read whole; the real files are shorter.
const MAX_TEXT: u64 = 64 * 1024;
/// Maximum number of table lines to read for one thread. The kernel generates each line while we wait: about 20 ms for
/// all of them.
const MAX_LINES: usize = 20_000;
/// Maximum length of a table line. The longest is that of a unix socket, with a path of 108 bytes.
const MAX_LINE: u64 = 1024;
/// Maximum number of characters of a name or a path in a message.
const MAX_NAME: usize = 200;

/// The directory `/proc/self/task/<thread>`.
///
/// The files of `/proc/self` belong to the main thread, which may have ended.
pub(super) struct ProcDir {
    path: String,
    lines_left: Cell<usize>,
}

impl ProcDir {
    /// Returns the directory of a thread of this process, or `None` if `/proc` belongs to another PID namespace.
    pub(super) fn of_thread(thread: Pid) -> Option<Self> {
        Self::is_own_namespace().then_some(())?;
        Some(Self { path: format!("/proc/self/task/{thread}"), lines_left: Cell::new(MAX_LINES) })
    }

    /// Returns the directory of another process. Only its `stat` is read.
    pub(super) fn of_process(process: i32) -> Self {
        Self { path: format!("/proc/{process}"), lines_left: Cell::new(0) }
    }

    /// Returns whether `/proc` uses our process ids. In the `/proc` of an outer PID namespace, the same number would be
    /// another thread.
    fn is_own_namespace() -> bool {
        let own = std::process::id().to_string();
        read_link("/proc/self").is_ok_and(|shown| shown.as_os_str() == OsStr::new(&own))
    }

    /// Reads a whole file.
    pub(super) fn read_text(&self, name: &str) -> Option<String> {
        // 512 bytes hold every file that is read often, so one allocation is enough.
        let mut bytes = Vec::with_capacity(512);
        self.open(name)?.take(MAX_TEXT).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns the numbers of the open descriptors. Reading them opens one more.
    pub(super) fn descriptors(&self) -> Option<impl Iterator<Item = i32>> {
        let entries = read_dir(format!("{}/fd", self.path)).ok()?;
        Some(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()))
    }

    /// Returns what a descriptor refers to. Reads only the name, and so does not wait for a file server.
    pub(super) fn read_link(&self, descriptor: i32) -> Option<LinkTarget> {
        let target = read_link(format!("{}/fd/{descriptor}", self.path)).ok()?;
        Some(LinkTarget::parse(&target))
    }

    /// Returns the first result of `parse` for a line of the table.
    pub(super) fn find_line<T>(&self, table: &str, mut parse: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let mut reader = BufReader::with_capacity(16 * 1024, self.open(table)?);
        // A line of `net/tcp` has 150 bytes.
        let mut line = Vec::with_capacity(256);
        while self.lines_left.get() > 0 {
            self.lines_left.set(self.lines_left.get() - 1);
            line.clear();
            if reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            if let Some(found) = parse(String::from_utf8_lossy(&line).trim_end_matches('\n')) {
                return Some(found);
            }
        }
        None
    }

    /// Reads the memory of the process at this address. Returns the number of bytes.
    pub(super) fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Option<usize> {
        self.open("mem")?.read_at(buffer, address).ok()
    }

    fn open(&self, name: &str) -> Option<File> {
        File::open(format!("{}/{name}", self.path)).ok()
    }
}

/// The file to which a descriptor refers, from the target of the link in `fd/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LinkTarget {
    Socket(u64),
    Pipe(u64),
    /// A kernel object without a name in the file system: `[eventfd]`.
    Anonymous(String),
    Path(String),
}

impl LinkTarget {
    pub(super) fn parse(target: &Path) -> Self {
        // Names of files come from outside and go to the log.
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

/// Converts a name from outside to text. Escapes control characters and cuts long names, so that a name can neither
/// break the line nor fill the screen.
pub(super) fn printable(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let mut text = String::new();
    for (index, character) in name.chars().enumerate() {
        match character {
            _ if index == MAX_NAME => {
                text.push('…');
                break;
            }
            control if control.is_control() => text.extend(control.escape_default()),
            character => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spec_3_23_a_link_is_a_socket_a_pipe_a_kernel_object_or_a_path() {
        let link = |text: &str| LinkTarget::parse(Path::new(text));
        assert_eq!(link("socket:[1456]"), LinkTarget::Socket(1456));
        assert_eq!(link("pipe:[7]"), LinkTarget::Pipe(7));
        assert_eq!(link("anon_inode:[eventpoll]"), LinkTarget::Anonymous("eventpoll".to_owned()));
        assert_eq!(link("anon_inode:inotify"), LinkTarget::Anonymous("inotify".to_owned()));
        for path in ["/var/lib/x/lock", "/memfd:cache (deleted)", "socket:[x]", "socket:[1", "pipe:1]", ""] {
            assert_eq!(link(path), LinkTarget::Path(path.to_owned()));
        }
    }

    #[test]
    fn spec_3_23_a_name_breaks_no_line_and_fills_no_screen() {
        assert_eq!(printable(b"/data/a b'\"\\.log"), "/data/a b'\"\\.log");
        assert_eq!(printable(b"/x\ny\x1b[2J"), "/x\\ny\\u{1b}[2J");
        assert_eq!(printable(b"/\xff"), "/\u{fffd}");
        assert_eq!(printable("ü".repeat(500).as_bytes()), format!("{}…", "ü".repeat(MAX_NAME)));
        assert_eq!(printable("ü".repeat(MAX_NAME).as_bytes()), "ü".repeat(MAX_NAME));
    }
}
