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
