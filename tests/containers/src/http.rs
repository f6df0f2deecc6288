//! Sends a request to an address and a path, and returns the answer.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

/// No client waits longer for an answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Less than any gateway's: of a connection that both sides may close, neither knows whether it is still there.
const IDLE: Duration = Duration::from_secs(5);

/// Whether requests share connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connections {
    /// Keep-alive: a connection is used again.
    Kept,
    /// One for each request.
    Fresh,
}

/// A client that never repeats a request by itself: what is lost is seen to be lost.
#[derive(Clone)]
pub(crate) struct Client {
    client: legacy::Client<HttpConnector, Empty<Bytes>>,
    connections: Connections,
}

impl Client {
    /// To be called in a tokio runtime.
    pub(crate) fn new(connections: Connections) -> Self {
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        let client = builder.retry_canceled_requests(false).pool_idle_timeout(IDLE).build_http();
        Self { client, connections }
    }

    /// The status, and the body to its last byte; or why there is none.
    pub(crate) async fn get(&self, uri: Uri) -> Result<(StatusCode, String), String> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        if self.connections == Connections::Fresh {
            request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let whole = async {
            let answer = self.client.request(request).await.map_err(|error| root(&error))?;
            let status = answer.status();
            let body = answer.into_body().collect().await.map_err(|error| root(&error))?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        };
        timeout(LIMIT, whole).await.unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())))
    }
}

/// What lies under an error; the layers above it only say that there was one.
fn root(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

pub(crate) fn uri(address: SocketAddr, path: &str) -> Uri {
    format!("http://{address}{path}").parse().unwrap_or_else(|error| panic!("{address}{path}: {error}"))
}

/// One request on a connection of its own, from a place without a runtime.
pub fn get(address: SocketAddr, path: &str) -> Result<(u16, String), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let answer = runtime.block_on(async { Client::new(Connections::Fresh).get(uri(address, path)).await });
    answer.map(|(status, body)| (status.as_u16(), body))
}
