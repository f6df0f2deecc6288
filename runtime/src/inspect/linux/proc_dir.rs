//! Reads the files in a thread's directory under `/proc`. Every read has a maximum length.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::{File, read_dir, read_link};
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Instant;

use nix::unistd::Pid;

/// Maximum length of a file that is read whole; the real files are shorter.
const MAX_TEXT: u64 = 64 * 1024;
/// Maximum length of an environment that is read; the kernel's limit for arguments and environment is usually 2 MiB.
const MAX_ENVIRONMENT: u64 = 8 * 1024 * 1024;
/// Maximum length of a table line. The longest is that of a unix socket, with a path of 108 bytes.
const MAX_LINE: u64 = 1024;
/// Maximum number of characters of a name or a path in a message.
const MAX_NAME: usize = 200;

/// The inodes and descriptions of all sockets. A list, because few of many are asked for.
pub(super) type Sockets = Vec<(u64, String)>;

/// The sockets of each network namespace. Read at most once for all threads of one inspection: a kernel may take
/// milliseconds for a table, also if the table is short.
#[derive(Clone, Default)]
pub(super) struct SocketTables(Rc<RefCell<Vec<(PathBuf, Sockets)>>>);

/// The directory `/proc/self/task/<thread>`.
///
/// The files of `/proc/self` belong to the main thread, which may have ended.
pub(super) struct ProcDir {
    path: String,
    tables: SocketTables,
}

impl ProcDir {
    /// Returns the directory of a thread of this process, or `None` if `/proc` belongs to another PID namespace.
    pub(super) fn of_thread(thread: Pid, tables: SocketTables) -> Option<Self> {
        Self::is_own_namespace().then_some(())?;
        Some(Self { path: format!("/proc/self/task/{thread}"), tables })
    }

    /// Returns a directory with files that a test has written.
    #[cfg(test)]
    pub(super) fn of_folder(path: String) -> Self {
        Self { path, tables: SocketTables::default() }
    }

    /// Returns the directory of another process.
    pub(super) fn of_process(process: i32) -> Self {
        Self { path: format!("/proc/{process}"), tables: SocketTables::default() }
    }

    /// Returns whether `/proc` uses our process ids. In the `/proc` of an outer PID namespace, the same number would be
    /// another thread.
    pub(super) fn is_own_namespace() -> bool {
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

    /// Returns the description of a socket. `read_all` reads all sockets of the thread's network namespace.
    pub(super) fn socket(&self, inode: u64, read_all: impl FnOnce(&Self) -> Sockets) -> Option<String> {
        // A thread may have a network namespace of its own. If the name is unknown, the sockets are for this thread alone.
        let namespace = read_link(format!("{}/ns/net", self.path)).unwrap_or_else(|_| PathBuf::from(&self.path));
        let mut tables = self.tables.0.borrow_mut();
        let text = |sockets: &Sockets| sockets.iter().find(|(own, _)| *own == inode).map(|(_, text)| text.clone());
        if let Some((_, sockets)) = tables.iter().find(|(other, _)| *other == namespace) {
            return text(sockets);
        }
        let sockets = read_all(self);
        let found = text(&sockets);
        tables.push((namespace, sockets));
        found
    }

    /// Calls `use_line` with each line of the table until it breaks.
    pub(super) fn for_each_line(&self, table: &str, mut use_line: impl FnMut(&str) -> ControlFlow<()>) {
        let Some(file) = self.open(table) else { return };
        let mut reader = BufReader::with_capacity(16 * 1024, file);
        // A line of `net/tcp` has 150 bytes.
        let mut line = Vec::with_capacity(256);
        loop {
            line.clear();
            match reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
                Ok(1..) => {
                    if use_line(String::from_utf8_lossy(&line).trim_end_matches('\n')).is_break() {
                        return;
                    }
                }
                Ok(0) | Err(_) => return,
            }
        }
    }

    /// Returns the entries `NAME=value` with which the process was started. None if it belongs to another user.
    pub(super) fn environment(&self) -> impl Iterator<Item = Vec<u8>> {
        let file = self.open("environ").map(|file| BufReader::new(file.take(MAX_ENVIRONMENT)));
        file.into_iter().flat_map(|file| file.split(0).map_while(Result::ok))
    }

    /// Returns the names of the threads of the process.
    pub(super) fn thread_names(&self) -> impl Iterator<Item = String> {
        let threads = read_dir(format!("{}/task", self.path)).into_iter().flatten().flatten();
        threads.filter_map(|thread| {
            let name = std::fs::read_to_string(thread.path().join("comm")).ok()?;
            Some(name.trim_end_matches('\n').to_owned())
        })
    }

    /// Reads the memory of the process at this address. Returns the number of bytes.
    pub(super) fn read_memory(&self, address: u64, buffer: &mut [u8]) -> Option<usize> {
        self.open("mem")?.read_at(buffer, address).ok()
    }

    fn open(&self, name: &str) -> Option<File> {
        File::open(format!("{}/{name}", self.path)).ok()
    }
}

/// Ends a long read when its time is over.
pub(super) struct ReadLimit {
    /// How many items are read before the time counts.
    min: usize,
    until: Instant,
    count: usize,
}

impl ReadLimit {
    /// How many items are read between two looks at the clock. They take less than a millisecond.
    const BATCH: usize = 256;

    pub(super) fn new(min: usize, until: Instant) -> Self {
        Self { min, until, count: 0 }
    }

    /// Counts an item. Breaks if it must be the last one.
    pub(super) fn count(&mut self) -> ControlFlow<()> {
        self.count += 1;
        let is_late = self.count >= self.min && self.count % Self::BATCH == 0 && Instant::now() >= self.until;
        if is_late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
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
    fn spec_3_23_a_long_read_ends_when_its_time_is_over_and_not_before_its_minimum() {
        let items = |min, until| {
            let mut limit = ReadLimit::new(min, until);
            (1..=100_000).find(|_| limit.count().is_break())
        };
        let now = Instant::now();
        assert_eq!(items(0, now), Some(256));
        assert_eq!(items(256, now), Some(256));
        assert_eq!(items(20_000, now), Some(20_224), "the first whole batch");
        assert_eq!(items(0, now + std::time::Duration::from_secs(3600)), None);
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
