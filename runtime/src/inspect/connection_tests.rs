//! Real threads that wait for somebody at the other end of a socket.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use nix::sys::socket::{Backlog, listen};

use super::situation_tests::{Checked, ask, ends, place, thread, waits};

#[test]
fn spec_3_23_a_read_from_a_tcp_connection() -> Checked {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut stream = TcpStream::connect(address)?;
    let number = stream.as_raw_fd();
    let thread = thread(move || drop(stream.read(&mut [0])))?;
    waits(thread, &["read", "recvfrom"], format!(" on fd {number}, a TCP connection to {address}"));
    drop(listener);
    ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_write_to_a_tcp_connection_that_nobody_reads() -> Checked {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let mut stream = TcpStream::connect(address)?;
    let number = stream.as_raw_fd();
    let thread = thread(move || drop(stream.write_all(&vec![0; 64 << 20])))?;
    waits(thread, &["write", "sendto"], format!(" on fd {number}, a TCP connection to {address}"));
    drop(listener);
    ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_connect_that_nobody_answers() -> Checked {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    // Room for one connection that nobody has accepted; the next is left without an answer.
    listen(&listener, Backlog::new(0)?)?;
    let address = listener.local_addr()?;
    let first = TcpStream::connect(address)?;
    let thread = thread(move || drop(TcpStream::connect(address)))?;
    let rest = format!(", a TCP connection to {address} (no answer yet)");
    let wanted = |said: &str| said.starts_with("waiting in connect on fd ") && said.ends_with(&rest);
    ask(thread, |said| said.is_some_and(wanted), &rest);
    drop((first, listener));
    ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_an_accept_on_a_listener() -> Checked {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (address, number) = (listener.local_addr()?, listener.as_raw_fd());
    let thread = thread(move || drop(listener.accept()))?;
    waits(thread, &["accept4", "accept"], format!(" on fd {number}, a TCP socket listening on {address}"));
    TcpStream::connect(address)?;
    ends(thread);
    Ok(())
}

#[test]
fn spec_3_23_a_receive_from_a_udp_socket() -> Checked {
    let (bound, connected) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    let (address, peer) = (bound.local_addr()?, connected.local_addr()?);
    connected.connect(address)?;
    let (first, second) = (bound.as_raw_fd(), connected.as_raw_fd());
    let waiting = connected.try_clone()?;
    let bound_thread = thread(move || drop(bound.recv_from(&mut [0]).map(|_| bound.send_to(&[1], peer))))?;
    let connected_thread = thread(move || drop(connected.recv(&mut [0])))?;
    waits(bound_thread, &["recvfrom"], format!(" on fd {first}, a UDP socket on {address}"));
    waits(connected_thread, &["recvfrom"], format!(" on fd {second}, a UDP socket connected to {address}"));
    waiting.send(&[1])?;
    ends(bound_thread);
    ends(connected_thread);
    Ok(())
}

#[test]
fn spec_3_23_unix_sockets_with_and_without_a_path() -> Checked {
    let path = place("listener.sock")?;
    let (mut nameless, other) = UnixStream::pair()?;
    let listener = UnixListener::bind(&path)?;
    let (number, listening) = (nameless.as_raw_fd(), listener.as_raw_fd());
    let reads = thread(move || drop(nameless.read(&mut [0])))?;
    let accepts = thread(move || drop(listener.accept()))?;
    waits(reads, &["read", "recvfrom"], format!(" on fd {number}, a unix socket"));
    let path_said = path.display();
    waits(accepts, &["accept4", "accept"], format!(" on fd {listening}, a unix socket listening on {path_said}"));
    drop(other);
    UnixStream::connect(&path)?;
    ends(reads);
    ends(accepts);
    fs::remove_file(&path)?;
    Ok(())
}

#[test]
fn spec_3_23_unix_sockets_whose_other_side_has_no_room() -> Checked {
    let (path, datagrams) = (place("full.sock")?, place("full.datagrams")?);
    let listener = UnixListener::bind(&path)?;
    listen(&listener, Backlog::new(0)?)?;
    let first = UnixStream::connect(&path)?;
    let target = path.clone();
    let connects = thread(move || drop(UnixStream::connect(target)))?;
    let rest = format!(", a unix socket, to {}", path.display());
    let wanted = |said: &str| said.starts_with("waiting in connect on fd ") && said.ends_with(&rest);
    ask(connects, |said| said.is_some_and(wanted), &rest);

    let (receiver, sender) = (UnixDatagram::bind(&datagrams)?, UnixDatagram::unbound()?);
    let (number, target) = (sender.as_raw_fd(), datagrams.clone());
    let sends = thread(move || while sender.send_to(&[0], &target).is_ok() {})?;
    waits(sends, &["sendto"], format!(" on fd {number}, a unix socket, to {}", datagrams.display()));
    drop((first, listener, receiver));
    fs::remove_file(&path)?;
    fs::remove_file(&datagrams)?;
    ends(connects);
    ends(sends);
    Ok(())
}
