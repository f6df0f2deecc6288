//! Tests the descriptions of real threads that wait for the peer of a socket.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::{Duration, Instant};

use nix::sys::socket::{Backlog, listen};

use super::open_connections;
use super::wait_tests::{TestResult, assert_ends, assert_waits, poll_activity, spawn_thread, temp_path};

#[test]
fn spec_3_23_a_read_from_a_tcp_connection() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut stream = TcpStream::connect(address)?;
    let number = stream.as_raw_fd();
    let thread = spawn_thread(move || drop(stream.read(&mut [0])))?;
    assert_waits(thread, &["read", "recvfrom"], format!(" on fd {number}, a TCP connection to {address}"));
    drop(listener);
    assert_ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_write_to_a_tcp_connection_without_a_reader() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut stream = TcpStream::connect(address)?;
    let number = stream.as_raw_fd();
    let thread = spawn_thread(move || drop(stream.write_all(&vec![0; 64 << 20])))?;
    assert_waits(thread, &["write", "sendto"], format!(" on fd {number}, a TCP connection to {address}"));
    drop(listener);
    assert_ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_connect_without_an_answer() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    // The backlog has room for one connection. The kernel does not answer the next one.
    listen(&listener, Backlog::new(0)?)?;
    let address = listener.local_addr()?;
    let first = TcpStream::connect(address)?;
    let thread = spawn_thread(move || drop(TcpStream::connect(address)))?;
    let rest = format!(", a TCP connection to {address} (no answer yet)");
    let wanted = |activity: &str| activity.starts_with("waiting in connect on fd ") && activity.ends_with(&rest);
    poll_activity(thread, |activity| activity.is_some_and(wanted), &rest);
    drop((first, listener));
    assert_ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_an_accept_on_a_listener() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (address, number) = (listener.local_addr()?, listener.as_raw_fd());
    let thread = spawn_thread(move || drop(listener.accept()))?;
    assert_waits(thread, &["accept4", "accept"], format!(" on fd {number}, a TCP socket listening on {address}"));
    TcpStream::connect(address)?;
    assert_ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_receive_from_a_udp_socket() -> TestResult {
    let (bound, connected) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    let (address, peer) = (bound.local_addr()?, connected.local_addr()?);
    connected.connect(address)?;
    let (first, second) = (bound.as_raw_fd(), connected.as_raw_fd());
    let waiting = connected.try_clone()?;
    let bound_thread = spawn_thread(move || drop(bound.recv_from(&mut [0]).map(|_| bound.send_to(&[1], peer))))?;
    let connected_thread = spawn_thread(move || drop(connected.recv(&mut [0])))?;
    assert_waits(bound_thread, &["recvfrom"], format!(" on fd {first}, a UDP socket on {address}"));
    assert_waits(connected_thread, &["recvfrom"], format!(" on fd {second}, a UDP socket connected to {address}"));
    waiting.send(&[1])?;
    assert_ends(bound_thread);
    assert_ends(connected_thread);
    Ok(())
}

#[test]
fn spec_3_23_unix_sockets_with_and_without_a_path() -> TestResult {
    let path = temp_path("listener.sock")?;
    let (mut nameless, other) = UnixStream::pair()?;
    let listener = UnixListener::bind(&path)?;
    let (number, listening) = (nameless.as_raw_fd(), listener.as_raw_fd());
    let reads = spawn_thread(move || drop(nameless.read(&mut [0])))?;
    let accepts = spawn_thread(move || drop(listener.accept()))?;
    assert_waits(reads, &["read", "recvfrom"], format!(" on fd {number}, a unix socket"));
    let path_text = path.display();
    assert_waits(
        accepts,
        &["accept4", "accept"],
        format!(" on fd {listening}, a unix socket listening on {path_text}"),
    );
    drop(other);
    UnixStream::connect(&path)?;
    assert_ends(reads);
    assert_ends(accepts);
    fs::remove_file(&path)?;
    Ok(())
}

#[test]
fn spec_3_23_unix_sockets_whose_peer_has_no_room() -> TestResult {
    let (path, datagrams) = (temp_path("full.sock")?, temp_path("full.datagrams")?);
    let listener = UnixListener::bind(&path)?;
    listen(&listener, Backlog::new(0)?)?;
    let first = UnixStream::connect(&path)?;
    let target = path.clone();
    let connects = spawn_thread(move || drop(UnixStream::connect(target)))?;
    let rest = format!(", a unix socket, to {}", path.display());
    let wanted = |activity: &str| activity.starts_with("waiting in connect on fd ") && activity.ends_with(&rest);
    poll_activity(connects, |activity| activity.is_some_and(wanted), &rest);

    let (receiver, sender) = (UnixDatagram::bind(&datagrams)?, UnixDatagram::unbound()?);
    let (number, target) = (sender.as_raw_fd(), datagrams.clone());
    let sends = spawn_thread(move || while sender.send_to(&[0], &target).is_ok() {})?;
    assert_waits(sends, &["sendto"], format!(" on fd {number}, a unix socket, to {}", datagrams.display()));
    drop((first, listener, receiver));
    fs::remove_file(&path)?;
    fs::remove_file(&datagrams)?;
    assert_ends(connects);
    assert_ends(sends);
    Ok(())
}

/// Returns the end of each line about a connection of this port, or waits until it is as expected.
fn assert_connections(port: u16, expected: &[String]) {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let found = open_connections(usize::MAX, Instant::now() + Duration::from_secs(20)).list;
        let of_port = found.iter().filter(|connection| connection.local.port() == port);
        let lines: Vec<String> = of_port.map(ToString::to_string).collect();
        if lines == expected {
            return;
        }
        assert!(Instant::now() < until, "{lines:?}, expected {expected:?}");
    }
}

#[test]
fn open_connections_have_a_peer_and_a_state() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address: SocketAddr = listener.local_addr()?;
    let port = address.port();
    assert_connections(port, &[]);
    let mut client = TcpStream::connect(address)?;
    let (server, peer) = listener.accept()?;
    let line = |end: &str| format!("TCP connection of port {port} with {peer}: {end}");
    assert_connections(port, &[line("established")]);
    client.write_all(b"GET")?;
    assert_connections(port, &[line("established, 3 bytes unread")]);
    client.shutdown(Shutdown::Write)?;
    // The kernel counts the end of the stream as a byte.
    let states = [line("close-wait, 4 bytes unread"), line("close-wait, 3 bytes unread")];
    let is_closed = |line: &String| states.contains(line);
    let until = Instant::now() + Duration::from_secs(20);
    while !open_connections(usize::MAX, until).list.iter().map(ToString::to_string).any(|line| is_closed(&line)) {
        assert!(Instant::now() < until, "the peer has closed its side");
    }
    drop((server, client));
    assert_connections(port, &[]);
    Ok(())
}

#[test]
fn the_list_of_open_connections_has_an_end_in_length_and_in_time() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut connections = Vec::new();
    for _ in 0..150 {
        connections.push((TcpStream::connect(listener.local_addr()?)?, listener.accept()?));
    }
    let some = open_connections(2, Instant::now() + Duration::from_secs(20));
    assert!(some.list.len() == 2 && some.more >= 298, "both sides are in this process: {some:?}");
    assert!(some.list.is_sorted_by_key(|connection| connection.local.port()));
    let late = open_connections(usize::MAX, Instant::now());
    assert!(late.list.len() < 300, "it stops when its time is over: {}", late.list.len());
    let all = open_connections(usize::MAX, Instant::now() + Duration::from_secs(20));
    assert!(all.list.len() >= 300, "both sides of 150 connections: {}", all.list.len());
    drop(connections);
    Ok(())
}
