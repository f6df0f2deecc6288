//! Clients that speak to the programs over plain sockets, and wait for bytes, not for time.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use process::{Ended, LIMIT, Running, Signal};

/// Returns the address that the program has printed.
pub(crate) fn address(running: &Running) -> SocketAddr {
    running.out_line("ready on ").trim_start_matches("ready on ").parse().expect("an address")
}

pub(crate) fn stop(mut running: Running) -> Ended {
    running.signal(Signal::SIGTERM);
    running.wait()
}

/// A connection on which a test writes and reads lines.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the program listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        Self(BufReader::new(stream))
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).expect("the connection is open");
    }

    /// Returns the next line, without its end. Empty at the end of the connection.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line, or the end of the connection");
        line.trim_end().to_owned()
    }

    /// Returns all lines until the connection is closed.
    pub(crate) fn rest(self) -> Vec<String> {
        self.0.lines().map(|line| line.expect("a line, or the end of the connection")).collect()
    }
}

/// Sends a request on a connection that stays open.
pub(crate) fn request(address: SocketAddr, path: &str) -> Client {
    let mut client = Client::connect(address);
    client.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    client
}

/// Requests the path, and reads the head of the response. The connection is then idle and open.
pub(crate) fn idle(address: SocketAddr, path: &str) -> Client {
    let mut client = request(address, path);
    assert!(client.line().starts_with("HTTP/1.1 200"));
    while !client.line().is_empty() {}
    client
}

/// Stops a server that has an idle connection and a request in flight. Returns its end, and the response.
pub(crate) fn stop_with_a_request_in_flight(running: Running) -> (Ended, Vec<String>) {
    let address = address(&running);
    let idle = idle(address, "/ready");
    let in_flight = request(address, "/order");
    running.out_line("a request has begun");
    let ended = stop(running);
    drop(idle);
    (ended, in_flight.rest())
}

/// Fails unless the response is complete.
#[track_caller]
pub(crate) fn assert_answered(response: &[String], ended: &Ended) {
    let is_complete = response.first().is_some_and(|line| line.starts_with("HTTP/1.1 200"))
        && response.last().is_some_and(|line| line == "order 17, complete");
    assert!(is_complete, "{response:?}\n{ended}");
}
