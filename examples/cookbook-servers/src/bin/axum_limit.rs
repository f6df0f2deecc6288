//! An axum server that waits for requests in flight for a limited time, which is shorter than the grace period. Requests
//! that are not answered by then are cut off: the report names them, and the later hooks do not wait for them.
//!
//! No hook. `serve` and the layer count the requests as work in flight, and `max_drain_time` limits the drain phase. The
//! handler is not cancelled: its connection breaks when the process ends. The exit code is 124.
//!
//! Run `cargo run -p cookbook-servers --bin axum_limit -- 127.0.0.1:8080`, run `curl 127.0.0.1:8080/export/1`, and press
//! Ctrl-C.

use std::time::Duration;

use axum::Router;
use axum::extract::MatchedPath;
use axum::routing::get;
use on_shutdown::serve;
use on_shutdown::tower::InFlightLayer;
use tokio::net::TcpListener;
use tokio::time::sleep;

async fn order() -> &'static str {
    println!("a request has begun: /order");
    sleep(Duration::from_millis(700)).await;
    "order 17, complete"
}

async fn export() {
    println!("a request has begun: /export");
    sleep(Duration::from_secs(3600)).await;
}

#[on_shutdown::main(max_drain_time = "1500ms")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    // The pattern of the route, because a path may be personal.
    let in_flight = InFlightLayer::new("http")
        .route(|request| request.extensions.get().map(|path: &MatchedPath| path.as_str().into()));
    let app = Router::new().route("/order", get(order)).route("/export/{id}", get(export)).layer(in_flight);
    let listener = TcpListener::bind(address).await?;
    println!("ready on {}", listener.local_addr()?);
    serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
