//! What the examples have in common: a real SIGTERM from "outside", and a client that speaks HTTP/1.1.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The guide's examples compile, with the library that it speaks of.
#[cfg(doctest)]
#[doc = include_str!("../../docs/libraries.md")]
pub struct Libraries;

/// Sends this process a SIGTERM when the time has passed, as docker or Kubernetes would from outside.
pub fn sigterm_after(delay: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(delay);
        println!("-- SIGTERM");
        let _ = kill(Pid::this(), Signal::SIGTERM);
    });
}

/// One request on a connection of its own; the answer as it came over the wire, in one line.
///
/// # Errors
/// Nobody listens at the address, or the connection broke.
pub async fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    // A server that keeps the connection alive does not end it, so the body's length says where the answer ends.
    let mut answer = Vec::new();
    while !is_whole(&String::from_utf8_lossy(&answer)) {
        if connection.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let close = if head.contains("connection: close") { " (connection: close)" } else { "" };
    let status = head.lines().next().unwrap_or_default().trim_start_matches("http/1.1 ");
    Ok(format!("{path}: {status}: {}{close}", body.trim()))
}

fn is_whole(answer: &str) -> bool {
    let lower = answer.to_lowercase();
    let Some((head, body)) = lower.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| body.len() >= length)
}
