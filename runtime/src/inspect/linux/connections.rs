//! Lists the open TCP connections of this process.

use std::time::Instant;

use nix::unistd::gettid;

use super::proc_dir::{LinkTarget, ProcDir, ReadLimit, SocketTables};
use super::socket;
use crate::inspect::{OpenConnection, OpenConnections};

/// Maximum number of descriptors to look at. Each takes a few microseconds.
const MAX_DESCRIPTORS: usize = 4096;
/// How many descriptors or lines are read before the time counts. They take less than a millisecond, but a busy machine
/// may take the processor away for longer than all the time that there is.
const MIN_READ: usize = 256;

/// Lists the connections by local port, then by peer. Stops at `until`, and then lists fewer.
pub(in crate::inspect) fn open_connections(most: usize, until: Instant) -> Option<OpenConnections> {
    // The current thread has the descriptors of the process. The main thread may have ended.
    let dir = ProcDir::of_thread(gettid(), SocketTables::default())?;
    let mut limit = ReadLimit::new(MIN_READ, until);
    // Sorted.
    let mut sockets: Vec<u64> = Vec::new();
    for descriptor in dir.descriptors()?.take(MAX_DESCRIPTORS) {
        if let Some(LinkTarget::Socket(inode)) = dir.read_link(descriptor) {
            sockets.insert(sockets.partition_point(|other| *other < inode), inode);
        }
        if limit.count().is_break() {
            break;
        }
    }
    let (mut open, mut limit) = (OpenConnections { list: Vec::new(), more: 0 }, ReadLimit::new(MIN_READ, until));
    for table in ["net/tcp", "net/tcp6"] {
        dir.for_each_line(table, |line| {
            open_connection(line, &sockets).into_iter().for_each(|connection| insert(&mut open, connection, most));
            limit.count()
        });
    }
    Some(open)
}

/// Inserts the connection in its order, and keeps the first ones.
fn insert(open: &mut OpenConnections, connection: OpenConnection, most: usize) {
    let key = |connection: &OpenConnection| (connection.local.port(), connection.peer);
    let at = open.list.partition_point(|other| key(other) <= key(&connection));
    open.list.insert(at, connection);
    open.more += open.list.len().saturating_sub(most);
    open.list.truncate(most);
}

/// Parses a line of a table if it is a connection of one of these sockets.
fn open_connection(line: &str, sockets: &[u64]) -> Option<OpenConnection> {
    let socket = socket::parse_inet(line, |inode| sockets.binary_search(&inode).is_ok())?;
    let state = state_name(socket.state)?;
    let (unsent, unread) = socket.queues.split_once(':')?;
    let bytes = |text| u32::from_str_radix(text, 16).ok();
    Some(OpenConnection {
        local: socket.local,
        peer: socket.remote,
        state,
        unread: bytes(unread)?,
        unsent: bytes(unsent)?,
    })
}

/// Returns the state as `ss` names it. Returns `None` for a socket that is not connected.
fn state_name(number: &str) -> Option<&'static str> {
    Some(match number {
        "01" => "established",
        "02" => "syn-sent",
        "03" => "syn-recv",
        "04" => "fin-wait-1",
        "05" => "fin-wait-2",
        "06" => "time-wait",
        "08" => "close-wait",
        "09" => "last-ack",
        "0B" => "closing",
        // Closed (07) and listening (0A) sockets have no peer. A number that the kernel adds later says nothing here.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "  11: 0100007F:1F90 0300000A:BC8E 08 0000001F:000000FF 02:000A7D5B 00000000  1000        0 31337 2 0000000000000000 20 4 30 10 -1";

    fn parse(line: &str) -> Option<String> {
        open_connection(line, &[31337]).map(|connection| connection.to_string())
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a_connection_has_its_port_its_peer_its_state_and_its_queues() {
        let said =
            "TCP connection of port 8080 with 10.0.0.3:48270: close-wait, 255 bytes unread, 31 bytes not confirmed";
        assert_eq!(parse(LINE).as_deref(), Some(said));
        let idle = LINE.replace("0000001F:000000FF", "00000000:00000000").replace(" 08 ", " 01 ");
        assert_eq!(parse(&idle).as_deref(), Some("TCP connection of port 8080 with 10.0.0.3:48270: established"));
    }

    #[test]
    fn connections_are_in_the_order_of_their_ports_and_those_beyond_the_limit_are_counted() {
        let mut open = OpenConnections { list: Vec::new(), more: 0 };
        for (port, peer) in [(5, 1), (3, 2), (4, 1), (3, 1), (9, 1)] {
            let address = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
            let connection =
                OpenConnection { local: address(port), peer: address(peer), state: "closing", unread: 0, unsent: 0 };
            insert(&mut open, connection, 3);
        }
        let ports: Vec<_> = open.list.iter().map(|open| (open.local.port(), open.peer.port())).collect();
        assert_eq!((ports, open.more), (vec![(3, 1), (3, 2), (4, 1)], 2));
    }

    #[test]
    fn a_line_that_says_something_else_is_no_connection() {
        assert_eq!(parse(&LINE.replace("31337", "31338")), None, "of another process");
        for (part, other) in [
            (" 08 ", " 0A "),
            (" 08 ", " 07 "),
            (" 08 ", " 0D "),
            ("0000001F:000000FF", "0000001F"),
            ("0000001F:000000FF", "x:y"),
            ("0300000A:BC8E", "0300000A"),
        ] {
            assert_eq!(parse(&LINE.replace(part, other)), None, "{other}");
        }
        let whole = LINE.split_ascii_whitespace().take(10).collect::<Vec<_>>().join(" ");
        for end in 0..whole.len() {
            assert_eq!(parse(whole.get(..end).unwrap_or_default()), None, "cut at {end}");
        }
    }
}
