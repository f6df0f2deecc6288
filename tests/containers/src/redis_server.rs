//! Starts a real Redis on a network, and sends it commands.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::{Container, Network, Recipe, Run, Unavailable};

/// No answer takes longer, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Debian's Redis in a container of its own, known to the others on its network as `redis`. A stop and a start keep its
/// data.
pub struct RedisServer(Container);

impl RedisServer {
    pub fn start(network: &Network) -> Result<Self, Unavailable> {
        let image = Recipe::empty().debian("redis-server", "/usr/bin/redis-server").build()?;
        let run = Run::new().network(network.name()).flag("--network-alias=redis").command(&[
            "/usr/bin/redis-server",
            "--bind",
            "0.0.0.0",
            "--protected-mode",
            "no",
            // Before each answer, so that what was answered survives a stop.
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ]);
        let server = Self(run.start(&image));
        server.0.wait_for("Ready to accept connections");
        // Fails where this process cannot reach it.
        server.0.address(6379)?;
        Ok(server)
    }

    /// To stop it, and to start it again.
    pub fn container(&self) -> &Container {
        &self.0
    }

    /// Sends a command on a connection of its own, and returns the first line of the answer without its type.
    #[track_caller]
    pub fn command(&self, words: &str) -> String {
        let address = self.0.address(6379).unwrap_or_else(|why| panic!("{why}"));
        let answer = ask(address, words).unwrap_or_else(|error| panic!("`{words}` to Redis: {error}"));
        let (kind, rest) = answer.split_at_checked(1).unwrap_or_default();
        assert!(!kind.is_empty() && kind != "-", "`{words}` to Redis: {answer}");
        rest.to_owned()
    }
}

/// Redis also takes a command as one line of words.
fn ask(address: SocketAddr, words: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&address, LIMIT)?;
    connection.set_read_timeout(Some(LIMIT))?;
    connection.write_all(format!("{words}\r\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(connection).read_line(&mut answer)?;
    Ok(answer.trim_end().to_owned())
}
