//! Tests the parsers with whole, cut and invalid lines of the kernel's tables.

use super::*;

const LISTENING_V4: &str = "   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1456 1 00000000601453cb 100 0 0 10 0";
const ESTABLISHED: &str = "  11: 0100007F:BC8E 0300000A:1538 01 00000000:00000000 02:000A7D5B 00000000  1000        0 31337 2 0000000000000000 20 4 30 10 -1";
const TIME_WAIT: &str =
    "  12: 0100007F:BC8E 0300000A:1538 06 00000000:00000000 03:000A7D5B 00000000     0        0 0 3 0000000000000000";
const MAPPED: &str = "   1: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000300000A:1538 01 00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 100 0 0 10 0";
const V6: &str = "   2: B80D0120000000000000000001000000:A001 B80D0120000000000000000002000000:01BB 02 00000000:00000000 00:00000000 00000000     0        0 78 1 0000000000000000 100 0 0 10 0";
const ANY_V6: &str = "   3: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 79 1 0000000000000000 100 0 0 10 0";
const BOUND_UDP: &str = " 2713: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 90 2 0000000000000000 0";
const CONNECTED_UDP: &str = " 2714: 0500000A:8235 0200000A:0035 01 00000000:00000000 00:00000000 00000000     0        0 91 2 0000000000000000 0";

#[cfg(target_endian = "little")]
#[test]
fn spec_3_23_an_internet_socket_is_described_by_its_addresses() {
    let text = |parse: LineParser, line, inode| {
        let (found, text) = parse(line).unwrap_or_default();
        assert_eq!(found, inode, "{line}");
        text
    };
    assert_eq!(text(tcp, LISTENING_V4, 1456), "a TCP socket listening on 0.0.0.0:2024");
    assert_eq!(text(tcp, ESTABLISHED, 31337), "a TCP connection to 10.0.0.3:5432");
    assert_eq!(text(tcp, MAPPED, 77), "a TCP connection to 10.0.0.3:5432");
    assert_eq!(text(tcp, V6, 78), "a TCP connection to [2001:db8::2]:443 (no answer yet)");
    assert_eq!(text(tcp, ANY_V6, 79), "a TCP socket listening on [::]:80");
    assert_eq!(text(udp, BOUND_UDP, 90), "a UDP socket on 0.0.0.0:53");
    assert_eq!(text(udp, CONNECTED_UDP, 91), "a UDP socket connected to 10.0.0.2:53");
}

#[test]
fn spec_3_23_a_closed_connection_has_no_socket() {
    assert_eq!(tcp(TIME_WAIT), None);
}

#[test]
fn spec_3_23_a_line_cut_short_is_no_line() {
    for line in [LISTENING_V4, ESTABLISHED, V6] {
        let whole = line.split_ascii_whitespace().take(10).collect::<Vec<_>>().join(" ");
        assert!(tcp(&whole).is_some());
        let inode = whole.rsplit(' ').next().unwrap_or_default();
        for end in 0..=whole.len() - inode.len() {
            assert_eq!(tcp(whole.get(..end).unwrap_or_default()), None, "cut at {end}");
        }
    }
}

#[test]
fn spec_3_23_garbage_is_no_line() {
    let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    for line in ["", "\n", header, "a b c d e f g h i 77", "ü ü ü ü ü ü ü ü ü 77"] {
        assert_eq!(tcp(line), None, "{line:?}");
        assert_eq!(udp(line), None, "{line:?}");
        assert_eq!(unix(line), None, "{line:?}");
    }
    for (whole, broken) in
        [("0300000A", "0300000"), ("0300000A", "030000üA"), (":1538", ":x"), (":1538", ":15380"), (":1538", "")]
    {
        assert_eq!(tcp(&ESTABLISHED.replace(whole, broken)), None, "{broken:?}");
    }
}

#[test]
fn spec_3_23_a_unix_socket_is_described_by_its_path() {
    let line = |flags: &str, rest: &str| unix(&format!("0000000009c0cda8: 00000002 00000000 {flags} 0001 01{rest}"));
    let text = |flags, rest| line(flags, rest).filter(|(inode, _)| *inode == 4090).unwrap_or_default().1;
    assert_eq!(text("00010000", "  4090 /run/docker.sock"), "a unix socket listening on /run/docker.sock");
    assert_eq!(text("00000000", "  4090 /run/docker.sock"), "a unix socket at /run/docker.sock");
    assert_eq!(text("00000000", " 4090 /run/with  two blanks"), "a unix socket at /run/with  two blanks");
    assert_eq!(text("00000000", "     4090 @abstract"), "a unix socket at @abstract");
    assert_eq!(text("00000000", " 4090"), "a unix socket");
    assert_eq!(line("x", " 4090"), None);
    assert_eq!(line("00000000", ""), None);
}
