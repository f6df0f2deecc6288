//! Sends a constant stream of requests to an address, and counts the results.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hyper::StatusCode;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::http::{Client, Connections, uri};

/// The interval between requests. A request does not wait for the answer to the one before.
const EVERY: Duration = Duration::from_millis(25);

/// Requests that go on until they are stopped.
pub struct Load {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Tally>,
}

impl Load {
    /// `GET /`, over and over.
    pub fn start(address: SocketAddr, connections: Connections) -> Self {
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(send_until(stopped, address, connections))
        });
        Self { stop, thread }
    }

    /// Sends no more, and waits for what is under way.
    pub fn stop(self) -> Tally {
        let _ = self.stop.send(());
        self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

async fn send_until(mut stopped: oneshot::Receiver<()>, address: SocketAddr, connections: Connections) -> Tally {
    let (client, uri) = (Client::new(connections), uri(address, "/"));
    let mut clock = interval(EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut requests = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            _ = clock.tick() => {
                let (client, uri) = (client.clone(), uri.clone());
                requests.spawn(async move { client.get(uri).await });
            }
        }
    }
    let mut tally = Tally::default();
    for answer in requests.join_all().await {
        tally.add(answer);
    }
    tally
}

/// What became of the requests.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub sent: usize,
    reasons: BTreeMap<String, usize>,
}

impl Tally {
    fn add(&mut self, answer: Result<(StatusCode, String), String>) {
        self.sent += 1;
        let reason = match answer {
            Ok((StatusCode::OK, _)) => return,
            Ok((status, _)) => status.to_string(),
            Err(why) => why,
        };
        *self.reasons.entry(reason).or_default() += 1;
    }

    /// How many had no answer, or one that is not 200.
    pub fn lost(&self) -> usize {
        self.reasons.values().sum()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests sent, {} lost", self.sent, self.lost())?;
        for (index, (reason, times)) in self.reasons.iter().enumerate() {
            write!(f, "{}{times} x {reason}", if index == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}
