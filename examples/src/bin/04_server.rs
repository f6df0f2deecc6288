//! 04, server: a web service receives SIGTERM in the middle of a request and loses no request.
//!
//! Run `cargo run --bin 04_server`. A client in the same program prints what the outside sees.
//! New here: `serve`, the drain delay, the readiness probe, and requests in flight.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use on_shutdown::tower::{InFlightLayer, Liveness, Readiness};
use on_shutdown::{serve, track};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Takes 3 s, which is longer than the drain delay.
async fn order() -> &'static str {
    sleep(Duration::from_secs(3)).await;
    "order 17, complete"
}

#[on_shutdown::main(drain_delay = "2s")]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/order", get(order))
        .route("/hello", get(|| async { "hello" }))
        // Counts each request until its last byte. After the signal, it asks keep-alive clients to reconnect elsewhere.
        .layer(InFlightLayer::new("http"))
        // Gateways ask this probe. It answers 503 from the signal on; the program still serves for the drain delay.
        .route_service("/ready", Readiness::new())
        .route_service("/live", Liveness::new());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    tokio::spawn(visit(listener.local_addr()?));
    examples::sigterm_after(Duration::from_secs(1));
    // `draining` resolves after the drain delay. The drain phase waits until the server has answered all its requests.
    serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await
}

/// Sends requests every 600 ms, as the outside would.
async fn visit(address: SocketAddr) {
    sleep(Duration::from_millis(700)).await;
    // This client lives in the program that stops. `track` keeps the program running until the client has its answer.
    tokio::spawn(track("client", async move { print_answer("the long request", address, "/order").await }));
    loop {
        print_answer("a gateway", address, "/ready").await;
        print_answer("a client", address, "/hello").await;
        sleep(Duration::from_millis(600)).await;
    }
}

async fn print_answer(who: &str, address: SocketAddr, path: &str) {
    match examples::get(address, path).await {
        Ok(answer) => println!("{who} sees {answer}"),
        Err(error) => println!("{who} sees {path}: {error}"),
    }
}
