//! Plays the part of systemd: a datagram socket that receives the messages of a program.

use std::ffi::OsString;
use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use process::Program;

/// No test waits longer for a message.
const LIMIT: Duration = Duration::from_secs(60);

/// A socket like systemd's. Dropping it removes its file.
pub struct Manager {
    socket: UnixDatagram,
    /// The value for `NOTIFY_SOCKET`.
    pub name: OsString,
    path: Option<PathBuf>,
}

/// Returns a text that no other test of this run or another run has.
fn unique() -> String {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    format!("on-shutdown-notify-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

impl Manager {
    /// Opens the socket at a new path.
    pub fn new() -> Self {
        Self::at(std::env::temp_dir().join(unique()))
    }

    /// Opens the socket at this path, and replaces an existing file.
    pub fn at(path: PathBuf) -> Self {
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).expect("a socket at the path");
        Self { socket, name: path.clone().into(), path: Some(path) }
    }

    /// Opens the socket under an abstract name.
    pub fn abstract_name() -> Self {
        let name = unique();
        let address = SocketAddr::from_abstract_name(&name).expect("a short name");
        let socket = UnixDatagram::bind_addr(&address).expect("a socket under the name");
        Self { socket, name: format!("@{name}").into(), path: None }
    }

    /// Returns the program under test, with this socket in its environment.
    pub fn program(&self, mode: &str) -> Program {
        program(mode).env("NOTIFY_SOCKET", self.name.to_str().expect("text"))
    }

    /// Returns the next message, as its lines.
    pub fn next(&self) -> Vec<String> {
        self.receive(LIMIT).expect("a message")
    }

    /// Returns all messages up to the first that has a line with this beginning.
    pub fn until(&self, beginning: &str) -> Vec<Vec<String>> {
        let (mut all, limit) = (Vec::new(), Instant::now() + LIMIT);
        loop {
            let next = self.receive(limit.saturating_duration_since(Instant::now()));
            let next = next.unwrap_or_else(|| panic!("no `{beginning}` after {all:#?}"));
            let found = next.iter().any(|line| line.starts_with(beginning));
            all.push(next);
            if found {
                return all;
            }
        }
    }

    /// Returns the messages that have arrived by now.
    pub fn arrived(&self) -> Vec<Vec<String>> {
        std::iter::from_fn(|| self.receive(Duration::ZERO)).collect()
    }

    fn receive(&self, within: Duration) -> Option<Vec<String>> {
        // Zero would mean for ever.
        self.socket.set_read_timeout(Some(within.max(Duration::from_millis(1)))).expect("a timeout can be set");
        let mut buffer = [0; 8192];
        let length = self.socket.recv(&mut buffer).ok()?;
        let text = std::str::from_utf8(&buffer[..length]).expect("text");
        Some(text.lines().map(str::to_owned).collect())
    }

    /// Sends messages until there is no room for more. Returns their number.
    pub fn fill(&self) -> usize {
        let sender = UnixDatagram::unbound().expect("a socket");
        sender.set_nonblocking(true).expect("it need not block");
        let send = || match &self.path {
            Some(path) => sender.send_to(b"FULL=1\n", path),
            None => unreachable!("only sockets at a path are filled"),
        };
        std::iter::from_fn(|| send().ok()).count()
    }
}

impl Default for Manager {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        self.path.iter().for_each(|path| drop(fs::remove_file(path)));
    }
}

/// Returns the program under test, without a variable of systemd in its environment.
pub fn program(mode: &str) -> Program {
    let notifies = std::env::current_exe().expect("this test");
    let notifies = notifies.ancestors().nth(2).expect("the target folder").join("notifies");
    Program::new(notifies.to_str().expect("text")).arg(mode)
}

/// Returns all lines that have this beginning, without the beginning.
pub fn lines(messages: &[Vec<String>], beginning: &str) -> Vec<String> {
    messages.iter().flatten().filter_map(|line| line.strip_prefix(beginning)).map(str::to_owned).collect()
}

/// Returns the times that the program asked systemd for, in seconds.
pub fn extensions(messages: &[Vec<String>]) -> Vec<f64> {
    let micros = |text: String| text.parse::<u32>().expect("a number of microseconds");
    lines(messages, "EXTEND_TIMEOUT_USEC=").into_iter().map(|text| f64::from(micros(text)) / 1e6).collect()
}
