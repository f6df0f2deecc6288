//! `NOTIFY_SOCKET` in, a socket out that is made once, at install, and never blocks.
//!
//! `sd_notify::notify` makes a blocking socket for each message, and knows no abstract names: a service without a free
//! descriptor could not say a word, and one whose manager is busy would wait for it. So only the words are that crate's.

use std::env;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

const SOCKET: &str = "NOTIFY_SOCKET";
/// The process that systemd started for the service, by its number (from systemd 248 on).
const EXEC_PID: &str = "SYSTEMD_EXEC_PID";
/// How often a full socket is tried by who waits for it.
const RETRY: Duration = Duration::from_millis(10);

/// Whether this process has told that it is ready: then it is the service.
pub(super) static SAID_READY: AtomicBool = AtomicBool::new(false);

/// The way to systemd.
#[derive(Debug)]
pub(super) struct Channel {
    socket: UnixDatagram,
    address: SocketAddr,
    name: String,
}

impl Channel {
    /// The one of this process; `None` where nobody wants to be told.
    pub(super) fn of_environment() -> io::Result<Option<&'static Self>> {
        static CHANNEL: OnceLock<Result<Option<Channel>, (ErrorKind, String)>> = OnceLock::new();
        let open = || match env::var_os(SOCKET).filter(|name| !name.to_string_lossy().trim().is_empty()) {
            None => Ok(None),
            Some(name) => match Self::open(&name) {
                Ok(channel) => Ok(Some(channel)),
                Err(error) => Err((error.kind(), format!("{SOCKET}={}: {error}", name.to_string_lossy()))),
            },
        };
        match CHANNEL.get_or_init(open) {
            Ok(channel) => Ok(channel.as_ref()),
            Err((kind, why)) => Err(io::Error::new(*kind, why.clone())),
        }
    }

    fn open(name: &OsStr) -> io::Result<Self> {
        let (address, socket) = (address(name)?, UnixDatagram::unbound()?);
        socket.set_nonblocking(true)?;
        // Connected now, it can be reached from a changed root as well. Where nobody listens yet, the address remains.
        let _ = socket.connect_addr(&address);
        Ok(Self { socket, address, name: name.to_string_lossy().into_owned() })
    }

    /// Sends one message, or fails at once.
    pub(super) fn say(&self, states: &[NotifyState<'_>]) -> io::Result<()> {
        let text: String = states.iter().map(|state| format!("{state}\n")).collect();
        let sent = match self.socket.send(text.as_bytes()) {
            // Whoever listened is gone; somebody else may listen at the same address.
            Err(error) if error.kind() != ErrorKind::WouldBlock => {
                self.socket.send_to_addr(text.as_bytes(), &self.address)
            }
            sent => sent,
        };
        sent.map(|_| ()).map_err(|error| io::Error::new(error.kind(), format!("{SOCKET}={}: {error}", self.name)))
    }

    /// The same, but waits for room in the socket.
    pub(super) fn say_within(&self, patience: Duration, states: &[NotifyState<'_>]) -> io::Result<()> {
        let until = Instant::now() + patience;
        loop {
            match self.say(states) {
                Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < until => thread::sleep(RETRY),
                said => return said,
            }
        }
    }
}

/// Whether this process is the service, and not a child of it that has inherited the socket.
pub(super) fn speaks_for_service() -> bool {
    let started = env::var(EXEC_PID).ok();
    started.is_none_or(|pid| pid == std::process::id().to_string()) || SAID_READY.load(Ordering::SeqCst)
}

/// A path from the root, or `@` and an abstract name.
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'/', _, ..] => SocketAddr::from_pathname(name),
        #[cfg(any(target_os = "linux", target_os = "android"))]
        [b'@', name @ ..] if !name.is_empty() => {
            #[cfg(target_os = "android")]
            use std::os::android::net::SocketAddrExt;
            #[cfg(target_os = "linux")]
            use std::os::linux::net::SocketAddrExt;
            SocketAddr::from_abstract_name(name)
        }
        _ => {
            let expected = "neither an absolute path nor `@` and an abstract name";
            Err(io::Error::new(ErrorKind::InvalidInput, expected))
        }
    }
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
