//! A connection in, one whose end is heard by a client that is slow out.
//!
//! A socket that is closed while the client still sends is answered for by a reset, and a reset makes the client's
//! kernel throw away what the client has not read yet. A client of HTTP/2 sends for as long as it reads (it opens
//! its window), and h2 closes as soon as it has written all: the tail of a response is lost, in 2 of 12 runs of the test
//! of axum. So the closing waits until the client has hung up (nginx calls it `lingering_close`).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep};

/// So long without a word from the client it is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

pub struct Lingering {
    stream: TcpStream,
    /// From the moment on that our side is shut.
    given_up: Option<Pin<Box<Sleep>>>,
}

impl Lingering {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, given_up: None }
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, given_up } = self.get_mut();
        if given_up.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
        }
        let given_up = given_up.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        let mut scrap = [0; 1024];
        loop {
            let mut scrap = ReadBuf::new(&mut scrap);
            match Pin::new(&mut *stream).poll_read(context, &mut scrap) {
                Poll::Ready(Ok(())) if scrap.filled().is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => given_up.as_mut().reset(Instant::now() + PATIENCE),
                // It has hung up less politely, or it says nothing any more: there is nobody to wait for.
                Poll::Ready(Err(_)) => return Poll::Ready(Ok(())),
                Poll::Pending => return given_up.as_mut().poll(context).map(Ok),
            }
        }
    }
}

/// A listener of axum's whose connections linger.
pub struct LingeringListener(pub TcpListener);

impl Listener for LingeringListener {
    type Io = Lingering;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Lingering, SocketAddr) {
        let (stream, client) = Listener::accept(&mut self.0).await;
        (Lingering::new(stream), client)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
