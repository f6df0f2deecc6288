//! Runs service A, an HTTP service whose requests take 200 ms each. A rolling replacement loses none of them.
//!
//! At SIGTERM `/health` turns to 503, and the service keeps answering for 5 s. In that time the gateway notices the 503
//! and sends its requests to other instances. Then the listener closes, the service finishes the requests in flight, and
//! the hook runs. The grace period belongs to the platform, so the platform's file sets `ON_SHUTDOWN_GRACE_PERIOD`.

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

/// The number of answered requests.
type Answered = Arc<AtomicU64>;

/// Answers after 200 ms.
async fn work(State(answered): State<Answered>) -> &'static str {
    sleep(Duration::from_millis(200)).await;
    answered.fetch_add(1, Ordering::Relaxed);
    "done\n"
}

/// Prints the final count: nothing is in flight after the drain phase.
#[on_shutdown(phase = finalize, timeout = "1s")]
fn print_count(answered: Answered) {
    println!("answered {} requests", answered.load(Ordering::Relaxed));
}

#[on_shutdown::main(drain_delay = "5s")]
async fn main() -> io::Result<()> {
    let answered = Answered::default();
    provide(answered.clone()).map_err(io::Error::other)?;
    let app = Router::new()
        .route("/", get(work))
        .with_state(answered)
        // Closes the gateway's idle connections before the listener closes.
        .layer(InFlightLayer::new("http"))
        // Gateways ask this probe. It answers 503 from SIGTERM on.
        .route_service("/health", Readiness::new())
        // The platform asks this probe before it restarts an instance. It answers 200 until the end.
        .route_service("/live", Liveness::new());
    let listener = TcpListener::bind("0.0.0.0:8080").await?;
    println!("ready");
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await
}
