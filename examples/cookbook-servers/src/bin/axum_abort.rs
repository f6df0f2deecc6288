//! An axum server that gives requests in flight a limit shorter than the grace period. Requests that are not answered by
//! then are aborted: the handler's future is dropped, the client gets 503, and the report names the request.
//!
//! One hook reports what was aborted. Phase `stop`: the drain phase has ended, so the list is complete. Priority 0: no other
//! hook depends on it. Timeout 1 s: it reads a list. It fails if the list is not empty, so that the exit code is 70.
//!
//! Run `cargo run -p cookbook-servers --bin axum_abort -- 127.0.0.1:8080`, run `curl 127.0.0.1:8080/export/1`, and press
//! Ctrl-C.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use on_shutdown::tower::InFlightLayer;
use on_shutdown::{draining, on_shutdown, provide, serve};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// How long requests in flight may take after draining has begun.
const LIMIT: Duration = Duration::from_millis(1500);

/// The methods and routes of the requests that were aborted.
#[derive(Clone, Default)]
struct Aborted(Arc<Mutex<Vec<String>>>);

#[on_shutdown(timeout = "1s")]
fn report_aborted(aborted: Aborted) -> anyhow::Result<()> {
    let names = aborted.0.lock().unwrap_or_else(PoisonError::into_inner);
    anyhow::ensure!(names.is_empty(), "aborted {}", names.join(", "));
    Ok(())
}

/// Does not end a response whose body is a stream: see docs/servers.md.
async fn abort_at_limit(State(aborted): State<Aborted>, route: MatchedPath, request: Request, next: Next) -> Response {
    // The pattern of the route, because a path may be personal.
    let name = format!("{} {}", request.method(), route.as_str());
    let limit = async {
        draining().await;
        sleep(LIMIT).await;
    };
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = limit => {
            aborted.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn order() -> &'static str {
    println!("a request has begun: /order");
    sleep(Duration::from_millis(700)).await;
    "order 17, complete"
}

async fn export() {
    println!("a request has begun: /export");
    sleep(Duration::from_secs(3600)).await;
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let aborted = Aborted::default();
    provide(aborted.clone())?;
    let app = Router::new()
        .route("/order", get(order))
        .route("/export/{id}", get(export))
        .layer(from_fn_with_state(aborted, abort_at_limit))
        .layer(InFlightLayer::new("http"));
    let listener = TcpListener::bind(address).await?;
    println!("ready on {}", listener.local_addr()?);
    serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
