//! The place of systemd: a datagram socket in, the messages that a program sends to it out.

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

/// A socket as systemd has one; its file is removed when this is dropped.
pub struct Manager {
    socket: UnixDatagram,
    /// What `NOTIFY_SOCKET` is to be.
    pub name: OsString,
    path: Option<PathBuf>,
}

/// Texts that no other test of this run or another has.
fn unique() -> String {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    format!("on-shutdown-notify-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

impl Manager {
    /// At a path.
    pub fn new() -> Self {
        Self::at(std::env::temp_dir().join(unique()))
    }

    /// At this path, in place of whatever is there.
    pub fn at(path: PathBuf) -> Self {
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).expect("a socket at the path");
        Self { socket, name: path.clone().into(), path: Some(path) }
    }

    /// Under an abstract name.
    pub fn abstract_name() -> Self {
        let name = unique();
        let address = SocketAddr::from_abstract_name(&name).expect("a short name");
        let socket = UnixDatagram::bind_addr(&address).expect("a socket under the name");
        Self { socket, name: format!("@{name}").into(), path: None }
    }

    /// The program under test, told of this socket.
    pub fn program(&self, mode: &str) -> Program {
        program(mode).env("NOTIFY_SOCKET", self.name.to_str().expect("text"))
    }

    /// The next message, as its lines.
    pub fn next(&self) -> Vec<String> {
        self.receive(LIMIT).expect("a message")
    }

    /// Everything up to the first message that has a line of this beginning.
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

    /// What has arrived by now.
    pub fn arrived(&self) -> Vec<Vec<String>> {
        std::iter::from_fn(|| self.receive(Duration::ZERO)).collect()
    }

    fn receive(&self, within: Duration) -> Option<Vec<String>> {
        // Zero would be for ever.
        self.socket.set_read_timeout(Some(within.max(Duration::from_millis(1)))).expect("a timeout can be set");
        let mut buffer = [0; 8192];
        let length = self.socket.recv(&mut buffer).ok()?;
        let text = std::str::from_utf8(&buffer[..length]).expect("text");
        Some(text.lines().map(str::to_owned).collect())
    }

    /// Sends messages until there is no room for more; answers with how many those are.
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

/// The program under test, without a word of systemd in its environment.
pub fn program(mode: &str) -> Program {
    let notifies = std::env::current_exe().expect("this test");
    let notifies = notifies.ancestors().nth(2).expect("the target folder").join("notifies");
    Program::new(notifies.to_str().expect("text")).arg(mode)
}

/// All lines of some messages that begin so, without that beginning.
pub fn lines(messages: &[Vec<String>], beginning: &str) -> Vec<String> {
    messages.iter().flatten().filter_map(|line| line.strip_prefix(beginning)).map(str::to_owned).collect()
}

/// The times that systemd was asked for, in seconds.
pub fn extensions(messages: &[Vec<String>]) -> Vec<f64> {
    let micros = |text: String| text.parse::<u32>().expect("a number of microseconds");
    lines(messages, "EXTEND_TIMEOUT_USEC=").into_iter().map(|text| f64::from(micros(text)) / 1e6).collect()
}
