//! Service A: requests come in, each takes 200 ms, and none is lost when the instance is replaced.
//!
//! At SIGTERM `/health` turns to 503 while everything is still answered for 3 s: the gateway needs that time to notice
//! and to send its requests elsewhere. Then the listener closes, what is in flight is finished, and the hook runs.
//! The grace period is the platform's number, so the platform's file carries it: `ON_SHUTDOWN_GRACE_PERIOD`.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use on_shutdown::tower::{InFlightLayer, Liveness, Readiness};
use on_shutdown::{on_shutdown, provide, serve};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// How many requests were answered.
type Answered = Arc<AtomicU64>;

/// A request's work.
async fn work(State(answered): State<Answered>) -> &'static str {
    sleep(Duration::from_millis(200)).await;
    answered.fetch_add(1, Ordering::Relaxed);
    "done\n"
}

/// The last phase: nothing is in flight any more, so the count is final.
#[on_shutdown(phase = flush, timeout = "1s")]
fn tell_count(answered: Answered) {
    println!("answered {} requests", answered.load(Ordering::Relaxed));
}

#[on_shutdown::main(drain_delay = "3s")]
async fn main() -> io::Result<()> {
    let answered = Answered::default();
    provide(answered.clone()).map_err(io::Error::other)?;
    let app = Router::new()
        .route("/", get(work))
        .with_state(answered)
        // Tells the gateway's idle connections to close before the listener does.
        .layer(InFlightLayer::new("http"))
        // For gateways: send me requests? From SIGTERM on: no.
        .route_service("/health", Readiness::new())
        // For who restarts what hangs: alive until the end.
        .route_service("/live", Liveness::new());
    let listener = TcpListener::bind("0.0.0.0:8080").await?;
    println!("ready");
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await
}
