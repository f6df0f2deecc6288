//! Describes a socket by its kind and its addresses, from the kernel's socket tables.
//!
//! `getpeername` is no alternative: it takes the lock of the socket, which the stuck thread may hold.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use super::proc_dir::{ProcDir, ReadLimit, Sockets, printable};

/// The kernel's `TCP_SYN_SENT`: connecting, without an answer yet.
const SYN_SENT: &str = "02";
/// The kernel's `TCP_LISTEN`.
const LISTENING: &str = "0A";
/// The kernel's flag `SO_ACCEPTCON` of a unix socket that listens.
const ACCEPTS: u32 = 1 << 16;

/// How long to read tables for one inspection. The kernel generates each line while we wait, about 300 of them in a
/// millisecond. A server that closes many connections has ten thousands of lines in the state TIME_WAIT.
const MAX_READ: Duration = Duration::from_millis(100);
/// How many lines are read before the time counts: a busy machine may take the processor away for all of the time.
const MIN_LINES: usize = 20_000;
/// Returns the inode and the description of the socket of a table line.
type LineParser = fn(&str) -> Option<(u64, String)>;

/// The tables, with the parser of their lines.
const TABLES: [(&str, LineParser); 5] =
    [("net/tcp", tcp), ("net/tcp6", tcp), ("net/udp", udp), ("net/udp6", udp), ("net/unix", unix)];

/// Describes the socket. Returns `None` for a socket of another kind, and for one that is too far down the tables.
pub(super) fn describe(dir: &ProcDir, inode: u64) -> Option<String> {
    dir.socket(inode, read_all)
}

fn read_all(dir: &ProcDir) -> Sockets {
    let (mut sockets, mut limit) = (Sockets::new(), ReadLimit::new(MIN_LINES, Instant::now() + MAX_READ));
    for (table, parse) in TABLES {
        dir.for_each_line(table, |line| {
            sockets.extend(parse(line));
            limit.count()
        });
    }
    sockets
}

fn tcp(line: &str) -> Option<(u64, String)> {
    let InetSocket { local, remote, state, inode, .. } = parse_inet(line, has_socket)?;
    let text = match state {
        LISTENING => format!("a TCP socket listening on {local}"),
        SYN_SENT => format!("a TCP connection to {remote} (no answer yet)"),
        _ => format!("a TCP connection to {remote}"),
    };
    Some((inode, text))
}

fn udp(line: &str) -> Option<(u64, String)> {
    let InetSocket { local, remote, inode, .. } = parse_inet(line, has_socket)?;
    let text = match remote.port() {
        0 => format!("a UDP socket on {local}"),
        _ => format!("a UDP socket connected to {remote}"),
    };
    Some((inode, text))
}

/// Returns whether the line has a socket. A connection in the state TIME_WAIT has none any more, and there may be
/// thousands.
fn has_socket(inode: u64) -> bool {
    inode != 0
}

/// One line of the tables of TCP and UDP.
pub(super) struct InetSocket<'line> {
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    pub(super) state: &'line str,
    pub(super) inode: u64,
    /// The bytes that the peer has not confirmed, and those that the program has not read: `tx_queue:rx_queue`.
    pub(super) queues: &'line str,
}

/// Parses a line `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ..`, if the
/// inode is wanted.
pub(super) fn parse_inet(line: &str, is_wanted: impl Fn(u64) -> bool) -> Option<InetSocket<'_>> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (local, remote, state, queues) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let inode: u64 = fields.nth(4)?.parse().ok()?;
    // Before the addresses: most lines belong to other processes.
    is_wanted(inode).then_some(())?;
    Some(InetSocket { local: parse_address(local)?, remote: parse_address(remote)?, state, inode, queues })
}

/// Parses an address `0100007F:1F90`: 32-bit words in the byte order of the machine, and the port as a number.
fn parse_address(text: &str) -> Option<SocketAddr> {
    let (words, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| Some(u32::from_str_radix(words.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    let address = match words.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            // An IPv4 peer of an IPv6 socket is `::ffff:10.0.0.3` in the table.
            IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

/// Parses a line `Num: RefCount Protocol Flags Type St Inode Path`. The path is the rest of the line.
fn unix(line: &str) -> Option<(u64, String)> {
    let mut rest = line;
    // Not `split_ascii_whitespace`: the path may contain blanks.
    let mut field = || {
        let (field, after) = rest.trim_start_matches(' ').split_once(' ').unwrap_or((rest.trim_start_matches(' '), ""));
        rest = after;
        field
    };
    let [_, _, _, flags, _, _, number] = std::array::from_fn(|_| field());
    let inode = number.parse().ok()?;
    let accepts = u32::from_str_radix(flags, 16).ok()? & ACCEPTS != 0;
    let text = match (rest, accepts) {
        ("", _) => "a unix socket".to_owned(),
        (path, true) => format!("a unix socket listening on {}", printable(path.as_bytes())),
        (path, false) => format!("a unix socket at {}", printable(path.as_bytes())),
    };
    Some((inode, text))
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
