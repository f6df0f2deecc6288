//! Opens the socket of `NOTIFY_SOCKET` once, at install, and sends messages without blocking.
//!
//! `sd_notify::notify` is not used: it opens a blocking socket for each message, and does not support abstract names. It
//! would fail in a service without a free descriptor, and wait if systemd is busy. Only its message types are used.

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
/// The variable with the id of the process that systemd started for the service (systemd 248 and later).
const EXEC_PID: &str = "SYSTEMD_EXEC_PID";
/// How long [`Channel::send_within`] waits before it tries a full socket again.
const RETRY: Duration = Duration::from_millis(10);

/// Whether this process has sent `READY=1`. If so, it is the service.
pub(super) static READY_SENT: AtomicBool = AtomicBool::new(false);

/// The socket of this process to systemd.
#[derive(Debug)]
pub(super) struct Channel {
    socket: UnixDatagram,
    address: SocketAddr,
    name: String,
}

impl Channel {
    /// Returns the channel of this process. `None` if the environment names no socket.
    pub(super) fn from_environment() -> io::Result<Option<&'static Self>> {
        // Kind and text, because `io::Error` is not `Clone`, and each caller gets the error.
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

    pub(super) fn open(name: &OsStr) -> io::Result<Self> {
        let (address, socket) = (address(name)?, UnixDatagram::unbound()?);
        // A shutdown must not wait for systemd.
        socket.set_nonblocking(true)?;
        // Connected now, so that a later `chroot` does not matter. If nothing listens yet, `send` uses the address.
        let _ = socket.connect_addr(&address);
        Ok(Self { socket, address, name: name.to_string_lossy().into_owned() })
    }

    /// Sends one message. Returns an error at once if the socket is full.
    pub(super) fn send(&self, states: &[NotifyState<'_>]) -> io::Result<()> {
        let text: String = states.iter().map(|state| format!("{state}\n")).collect();
        let sent = match self.socket.send(text.as_bytes()) {
            // The listener has closed its socket. A new one may listen at the same address.
            Err(error) if error.kind() != ErrorKind::WouldBlock => {
                self.socket.send_to_addr(text.as_bytes(), &self.address)
            }
            sent => sent,
        };
        sent.map(|_| ()).map_err(|error| io::Error::new(error.kind(), format!("{SOCKET}={}: {error}", self.name)))
    }

    /// Sends one message. Waits at most this time for room in the socket.
    pub(super) fn send_within(&self, time: Duration, states: &[NotifyState<'_>]) -> io::Result<()> {
        let until = Instant::now() + time;
        loop {
            match self.send(states) {
                Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < until => thread::sleep(RETRY),
                sent => return sent,
            }
        }
    }
}

/// Returns whether this process is the service, not a child that has inherited the socket.
pub(super) fn is_service_process() -> bool {
    let started = env::var(EXEC_PID).ok();
    // Older versions of systemd do not set the variable. SeqCst: rare, so the strongest ordering costs nothing.
    started.is_none_or(|pid| pid == std::process::id().to_string()) || READY_SENT.load(Ordering::SeqCst)
}

/// Parses the address: an absolute path, or `@` and an abstract name.
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
            let expected = "the address is neither an absolute path nor `@` and an abstract name";
            Err(io::Error::new(ErrorKind::InvalidInput, expected))
        }
    }
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
