//! A socket's inode in, its kind and its addresses out, from the kernel's tables of sockets.
//!
//! The tables, and not `getpeername`: asking an Internet socket takes its lock, which the stuck thread may hold.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::task::{Task, printable};

/// The kernel's `TCP_SYN_SENT`: connecting, and nobody has answered.
const UNANSWERED: &str = "02";
/// The kernel's `TCP_LISTEN`.
const LISTENING: &str = "0A";
/// The kernel's `SO_ACCEPTCON` among the flags of a unix socket.
const ACCEPTS: u32 = 1 << 16;

/// A line of a table and an inode in, words out if the line is about it.
type About = fn(&str, u64) -> Option<String>;

const TABLES: [(&str, About); 5] =
    [("net/tcp", tcp), ("net/tcp6", tcp), ("net/udp", udp), ("net/udp6", udp), ("net/unix", unix)];

/// `None` for a socket of another kind, or one too far down the tables.
pub(super) fn describe(task: &Task, inode: u64) -> Option<String> {
    TABLES.iter().find_map(|(table, about)| task.find(table, |line| about(line, inode)))
}

fn tcp(line: &str, inode: u64) -> Option<String> {
    let Internet { local, remote, state } = internet(line, inode)?;
    Some(match state {
        LISTENING => format!("a TCP socket listening on {local}"),
        UNANSWERED => format!("a TCP connection to {remote} (no answer yet)"),
        _ => format!("a TCP connection to {remote}"),
    })
}

fn udp(line: &str, inode: u64) -> Option<String> {
    let Internet { local, remote, .. } = internet(line, inode)?;
    Some(match remote.port() {
        0 => format!("a UDP socket on {local}"),
        _ => format!("a UDP socket connected to {remote}"),
    })
}

/// One line of the tables of TCP and UDP.
struct Internet<'line> {
    local: SocketAddr,
    remote: SocketAddr,
    state: &'line str,
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ..`
fn internet(line: &str, inode: u64) -> Option<Internet<'_>> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (local, remote, state) = (fields.next()?, fields.next()?, fields.next()?);
    let of_this_line: u64 = fields.nth(5)?.parse().ok()?;
    (of_this_line == inode).then_some(())?;
    Some(Internet { local: address(local)?, remote: address(remote)?, state })
}

/// `0100007F:1F90`: words of 32 bits, each as the machine reads the bytes of the network; the port as a number.
fn address(text: &str) -> Option<SocketAddr> {
    let (words, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| Some(u32::from_str_radix(words.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    let address = match words.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let words = [word(0)?, word(8)?, word(16)?, word(24)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

/// `Num: RefCount Protocol Flags Type St Inode Path`, where the path is the rest of the line.
fn unix(line: &str, inode: u64) -> Option<String> {
    let mut rest = line;
    let mut field = || {
        let (field, after) = rest.trim_start_matches(' ').split_once(' ').unwrap_or((rest.trim_start_matches(' '), ""));
        rest = after;
        field
    };
    let [_, _, _, flags, _, _, number] = std::array::from_fn(|_| field());
    (number.parse() == Ok(inode)).then_some(())?;
    let accepts = u32::from_str_radix(flags, 16).ok()? & ACCEPTS != 0;
    Some(match (rest, accepts) {
        ("", _) => "a unix socket".to_owned(),
        (path, true) => format!("a unix socket listening on {}", printable(path.as_bytes())),
        (path, false) => format!("a unix socket at {}", printable(path.as_bytes())),
    })
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
