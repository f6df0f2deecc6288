//! Holds what the servers under test and their clients share: bodies that can be checked, sockets with small buffers,
//! and the switch that disables draining.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

pub mod client;
pub mod grpc;
pub mod linger;

/// The size of the largest response.
pub const LARGEST: usize = 1 << 20;
/// The size of the pieces that a [`Blob`] comes in.
const PIECE: usize = 16 * 1024;

/// Returns whether this program drains. With `DRAIN=off` it serves until the process ends, as most servers do.
pub fn drains() -> bool {
    std::env::var_os("DRAIN").is_none_or(|value| value != "off")
}

/// Opens a server socket on loopback with such a small kernel buffer that a slow reader slows the server.
pub fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_send_buffer_size(32 * 1024).expect("a small send buffer");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    let listener = socket.listen(4096).expect("a backlog");
    println!("listening on {}", listener.local_addr().expect("an address"));
    listener
}

/// Opens a client's socket with an equally small buffer.
pub async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(32 * 1024)?;
    socket.connect(address).await
}

/// The bytes that every response begins with.
pub fn content() -> &'static [u8] {
    static CONTENT: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let words = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        words.take(LARGEST / 8).flatten().collect()
    });
    &CONTENT
}

/// A response's body.
#[derive(Debug)]
pub struct Blob {
    rest: &'static [u8],
}

impl Blob {
    pub fn new(size: usize) -> Self {
        Self { rest: &content()[..size] }
    }
}

impl Body for Blob {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let (piece, rest) = self.rest.split_at(self.rest.len().min(PIECE));
        self.rest = rest;
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(Bytes::from_static(piece)))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
