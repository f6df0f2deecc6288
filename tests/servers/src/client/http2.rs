//! Runs clients of HTTP/2, with many requests at once on one connection.

use std::error::Error;
use std::net::SocketAddr;

use hyper::body::Bytes;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinSet;

use super::{Tally, Visit, Warm, patiently};
use crate::connect;

type Sender = SendRequest<http_body_util::Empty<Bytes>>;

/// Opens a connection with windows so small that a slow reader slows the server.
pub async fn open(address: SocketAddr) -> Sender {
    let stream = connect(address).await.expect("the server listens");
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(64 * 1024).initial_connection_window_size(1024 * 1024);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.expect("a server of HTTP/2");
    tokio::spawn(connection);
    sender
}

/// Makes visits of several clients on one connection, one after another for each, until the server takes no more.
pub async fn multiplexed(address: SocketAddr, visitors: usize, visit: Visit, mut warm: Warm) -> Tally {
    let sender = open(address).await;
    let mut visits = JoinSet::new();
    let (first, mut warmed) = tokio::sync::mpsc::unbounded_channel();
    for _ in 0..visitors {
        visits.spawn(one_after_another(sender.clone(), visit.clone(), Warm(Some(first.clone()))));
    }
    for _ in 0..visitors {
        warmed.recv().await;
    }
    warm.say();
    let mut tally = Tally::default();
    while let Some(visitor) = visits.join_next().await {
        tally.add(visitor.expect("a visitor panicked"));
    }
    tally
}

async fn one_after_another(mut sender: Sender, visit: Visit, mut warm: Warm) -> Tally {
    let mut tally = Tally::default();
    loop {
        if patiently("an open connection", sender.ready()).await.is_err() {
            tally.sent_away += 1;
            break;
        }
        let response = match patiently(&visit.path, sender.try_send_request(visit.request())).await {
            Ok(response) => response,
            Err(error) if error.message().is_some() || is_refused(error.error()) => break tally.refused += 1,
            Err(error) => break tally.failed.push(visit.failed(error.error())),
        };
        if let Err(why) = visit.read(response).await {
            break tally.failed.push(visit.failed(why));
        }
        tally.complete += 1;
        warm.say();
    }
    tally
}

/// A server that goes away answers the requests that it has taken, and names those that it has not. The client may send
/// those again (RFC 9113, 6.8).
fn is_refused(error: &hyper::Error) -> bool {
    let error = error.source().and_then(|source| source.downcast_ref::<h2::Error>());
    error.is_some_and(|error| error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR))
}
