//! Runs clients of HTTP/1.1.

use std::net::SocketAddr;

use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::CONNECTION;
use hyper_util::rt::TokioIo;

use super::{Tally, Visit, Warm, patiently, request};
use crate::connect;

type Sender = SendRequest<http_body_util::Empty<hyper::body::Bytes>>;

pub async fn open(address: SocketAddr) -> Result<Sender, String> {
    let stream = patiently("a connection", connect(address)).await.map_err(|error| format!("{error}"))?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| format!("{error:?}"))?;
    // Errors of the connection are also errors of its requests.
    tokio::spawn(connection);
    Ok(sender)
}

/// Sends one request on a connection of its own.
pub async fn get(address: SocketAddr, path: &str) -> Result<Response<Incoming>, String> {
    let mut sender = open(address).await?;
    patiently(path, sender.send_request(request(path))).await.map_err(|error| format!("{error:?}"))
}

pub fn closes<B>(response: &Response<B>) -> bool {
    response.headers().get(CONNECTION).is_some_and(|value| value == "close")
}

/// Makes one visit after another on one connection, until the server ends the connection.
///
/// A request is lost if it crosses the server's close of the connection. A draining server says that it closes only in
/// the head of a response. So a client that reads a body for long checks the readiness probe before its next request,
/// as a gateway does.
pub async fn keep_alive(address: SocketAddr, visit: Visit, mut warm: Warm) -> Tally {
    let mut tally = Tally::default();
    let mut sender = open(address).await.expect("the server listens");
    loop {
        let hung_up = patiently("a free connection", sender.ready()).await.is_err();
        if hung_up || (visit.is_slow() && tally.complete > 0 && !is_ready(address).await) {
            tally.closed += 1;
            break;
        }
        let response = match patiently(&visit.path, sender.send_request(visit.request())).await {
            Ok(response) => response,
            Err(error) => break tally.failed.push(visit.failed(error)),
        };
        let sent_away = closes(&response);
        if let Err(why) = visit.read(response).await {
            break tally.failed.push(visit.failed(why));
        }
        tally.complete += 1;
        warm.say();
        if sent_away {
            tally.sent_away += 1;
            break;
        }
    }
    tally
}

async fn is_ready(address: SocketAddr) -> bool {
    get(address, "/ready").await.is_ok_and(|response| response.status().is_success())
}

/// Makes visits on new connections until the readiness probe fails, as a gateway does.
pub async fn newcomers(address: SocketAddr, visit: Visit, mut warm: Warm) -> Tally {
    let mut tally = Tally::default();
    while is_ready(address).await {
        let read = match get(address, &visit.path).await {
            Ok(response) => visit.read(response).await,
            Err(why) => Err(why),
        };
        match read {
            Ok(()) => tally.complete += 1,
            Err(why) => tally.failed.push(visit.failed(why)),
        }
        warm.say();
    }
    tally
}
