//! Wraps a connection so that a slow client receives the whole response before the close.
//!
//! If the server closes a socket while the client still sends, the kernel answers with a reset. The reset makes the
//! client's kernel discard what the client has not read yet. A client of HTTP/2 sends as long as it reads (it opens its
//! window), and h2 closes as soon as it has written everything. So the end of a response was lost in 2 of 12 runs of
//! the axum test. This wrapper delays the close until the client has closed (nginx calls it `lingering_close`).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep};

/// How long to wait for a client that sends nothing.
const IDLE_LIMIT: Duration = Duration::from_secs(3);

pub struct Lingering {
    stream: TcpStream,
    /// The timer, which starts when our side is shut down.
    close_timer: Option<Pin<Box<Sleep>>>,
}

impl Lingering {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, close_timer: None }
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
        let Self { stream, close_timer } = self.get_mut();
        if close_timer.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
        }
        let close_timer = close_timer.get_or_insert_with(|| Box::pin(sleep(IDLE_LIMIT)));
        let mut scrap = [0; 1024];
        loop {
            let mut scrap = ReadBuf::new(&mut scrap);
            match Pin::new(&mut *stream).poll_read(context, &mut scrap) {
                Poll::Ready(Ok(())) if scrap.filled().is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => close_timer.as_mut().reset(Instant::now() + IDLE_LIMIT),
                // The client has reset the connection, or sends nothing any more. There is nothing left to wait for.
                Poll::Ready(Err(_)) => return Poll::Ready(Ok(())),
                Poll::Pending => return close_timer.as_mut().poll(context).map(Ok),
            }
        }
    }
}

/// A listener for axum whose connections linger.
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
