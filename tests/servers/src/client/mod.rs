//! Runs many real clients, and counts the result of every request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use process::{Ended, Program, Signal};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::content;

pub mod http1;
pub mod http2;

/// No client waits longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits, up to the limit.
async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("a client waited in vain for {what}"))
}

/// What a client requests, and how fast it reads.
#[derive(Clone, Debug)]
pub struct Visit {
    path: Arc<str>,
    size: usize,
    /// How long the client takes to read 16 KiB.
    slowness: Duration,
}

impl Visit {
    /// Requests this many bytes, which the server has after this many milliseconds.
    pub fn blob(size: usize, wait: u64) -> Self {
        Self::to(&format!("/blob/{size}/{wait}"), size)
    }

    pub fn to(path: &str, size: usize) -> Self {
        Self { path: path.into(), size, slowness: Duration::ZERO }
    }

    pub fn slowly(mut self, millis: u64) -> Self {
        self.slowness = Duration::from_millis(millis);
        self
    }

    fn is_slow(&self) -> bool {
        !self.slowness.is_zero()
    }

    pub fn request(&self) -> Request<Empty<Bytes>> {
        request(&self.path)
    }

    /// The name in the list of failures.
    fn failed(&self, why: impl std::fmt::Debug) -> String {
        format!("{} read at {:?} per 16 KiB: {why:?}", self.path, self.slowness)
    }

    /// Makes a single visit, whose request was sent.
    pub async fn once(&self, response: impl Future<Output = hyper::Result<Response<Incoming>>>) -> Result<(), String> {
        match patiently(&self.path, response).await {
            Ok(response) => self.read(response).await.map_err(|why| self.failed(why)),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Reads the whole body, and returns what is wrong with it.
    async fn read(&self, response: Response<Incoming>) -> Result<(), String> {
        if response.status() != StatusCode::OK {
            return Err(format!("{}", response.status()));
        }
        let (mut body, mut rest) = (response.into_body(), &content()[..self.size]);
        while let Some(frame) = patiently(&self.path, body.frame()).await {
            let frame = frame.map_err(|error| format!("{error:?} with {} bytes left", rest.len()))?;
            let data = frame.into_data().unwrap_or_default();
            rest = rest.strip_prefix(&data[..]).ok_or_else(|| format!("wrong with {} bytes left", rest.len()))?;
            if self.is_slow() {
                sleep(self.slowness * u32::try_from(data.len()).expect("a frame is small") / 16384).await;
            }
        }
        if rest.is_empty() { Ok(()) } else { Err(format!("{} bytes are missing", rest.len())) }
    }
}

/// The server ignores the authority, but HTTP/1.1 requires one.
pub fn request(path: &str) -> Request<Empty<Bytes>> {
    let request = Request::builder().uri(format!("http://localhost{path}")).header("host", "localhost");
    request.body(Empty::new()).expect("a request")
}

/// The results of requests.
#[derive(Debug, Default)]
pub struct Tally {
    /// Requests that were answered, with every byte correct.
    pub complete: usize,
    /// Requests that were sent on an open connection and not answered completely, with the reason.
    pub failed: Vec<String>,
    /// Requests that the server refused explicitly. A client may send them elsewhere.
    pub refused: usize,
    /// Connections that the server ended with the message that the protocol has for it.
    pub sent_away: usize,
    /// Connections that ended between two requests, without such a message.
    pub closed: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.complete += other.complete;
        self.failed.extend(other.failed);
        self.refused += other.refused;
        self.sent_away += other.sent_away;
        self.closed += other.closed;
    }
}

/// Reports, once, that a client has had an answer.
pub struct Warm(Option<mpsc::UnboundedSender<()>>);

impl Warm {
    pub fn say(&mut self) {
        if let Some(warm) = self.0.take() {
            let _ = warm.send(());
        }
    }
}

/// Clients that are about to visit one server.
pub struct Load {
    runtime: Runtime,
    pub address: SocketAddr,
    clients: JoinSet<Tally>,
    warm: (mpsc::UnboundedSender<()>, mpsc::UnboundedReceiver<()>),
}

impl Load {
    pub fn on(address: SocketAddr) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        Self { runtime, address, clients: JoinSet::new(), warm: mpsc::unbounded_channel() }
    }

    /// Adds this many clients of one kind. Each must report its first answer.
    pub fn with<F>(mut self, count: usize, client: impl Fn(SocketAddr, Warm) -> F) -> Self
    where
        F: Future<Output = Tally> + Send + 'static,
    {
        for _ in 0..count {
            let client = client(self.address, Warm(Some(self.warm.0.clone())));
            self.clients.spawn_on(client, self.runtime.handle());
        }
        self
    }

    /// Waits until every client has had an answer.
    pub fn warmed(&mut self) {
        let (count, warm) = (self.clients.len(), &mut self.warm.1);
        self.runtime.block_on(async {
            for _ in 0..count {
                patiently("the first answer of all", warm.recv()).await.expect("we hold a sender");
            }
        });
    }

    /// Waits until every client has left.
    pub fn left(mut self) -> Tally {
        let mut sum = Tally::default();
        self.runtime.block_on(async {
            while let Some(tally) = self.clients.join_next().await {
                sum.add(tally.expect("a client panicked"));
            }
        });
        sum
    }
}

/// Starts the server, loads it, stops it under load by SIGTERM, and waits for all clients and the server.
pub fn stop_under_load(server: Program, load: impl FnOnce(Load) -> Load) -> (Tally, Ended) {
    let mut server = server.start();
    let mut load = load(Load::on(address(&server)));
    load.warmed();
    server.signal(Signal::SIGTERM);
    let ended = server.wait();
    (load.left(), ended)
}

/// Returns the address that the server printed.
pub fn address(server: &process::Running) -> SocketAddr {
    let line = server.out_line("listening on ");
    line.trim_start_matches("listening on ").parse().expect("an address")
}
