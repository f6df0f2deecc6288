//! Helpers for the examples: a delayed SIGTERM, and a small HTTP/1.1 client.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Compiles the examples of the guide for libraries.
#[cfg(doctest)]
#[doc = include_str!("../../docs/libraries.md")]
pub struct Libraries;

/// Compiles the examples of the page about connections.
#[cfg(doctest)]
#[doc = include_str!("../../docs/servers.md")]
pub struct Servers;

/// Sends SIGTERM to this process after `delay`, as docker or Kubernetes would.
pub fn sigterm_after(delay: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(delay);
        println!("-- SIGTERM");
        let _ = kill(Pid::this(), Signal::SIGTERM);
    });
}

/// Sends one request on a new connection and returns the answer in one line.
///
/// # Errors
/// Returns an error if nothing listens at the address, or if the connection breaks.
pub async fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    // A keep-alive server does not close the connection, so the answer ends after `content-length` bytes of body.
    let mut answer = Vec::new();
    while !is_complete(&String::from_utf8_lossy(&answer)) {
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

/// Sends one request on a new connection, and returns the whole answer when the server closes the connection.
///
/// # Errors
/// Returns an error if nothing listens at the address, or if the connection breaks.
pub async fn read_all(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn is_complete(answer: &str) -> bool {
    let lower = answer.to_lowercase();
    let Some((head, body)) = lower.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()).is_some_and(|length: usize| body.len() >= length)
}
