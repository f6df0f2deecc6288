//! 04, server: a web service that is stopped in the middle of a request, and loses none.
//! Run `cargo run --bin 04_server`; a client in the same program shows what the outside sees.
//! New here: `serve`, the drain delay, the readiness probe, and requests in flight.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use on_shutdown::tower::{InFlightLayer, Liveness, Readiness};
use on_shutdown::{serve, track};
use tokio::net::TcpListener;
use tokio::time::sleep;

/// Takes longer than the program has left to serve.
async fn order() -> &'static str {
    sleep(Duration::from_secs(3)).await;
    "order 17, complete"
}

#[on_shutdown::main(drain_delay = "2s")]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/order", get(order))
        .route("/hello", get(|| async { "hello" }))
        // Counts requests until their last byte, and sends keep-alive clients elsewhere once we are leaving.
        .layer(InFlightLayer::new("http"))
        // What gateways ask. From the signal on the first says 503; for the drain delay we go on serving all the same.
        .route_service("/ready", Readiness::new())
        .route_service("/live", Liveness::new());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    tokio::spawn(visit(listener.local_addr()?));
    examples::sigterm_after(Duration::from_secs(1));
    // `draining` resolves when the delay is over. The shutdown waits until the server has answered and closed.
    serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await
}

/// The outside: looks every 600 ms.
async fn visit(address: SocketAddr) {
    sleep(Duration::from_millis(700)).await;
    // The client is in this very program, which must not end before it has read and printed its answer.
    tokio::spawn(track("client", async move { say("the long request", address, "/order").await }));
    loop {
        say("a gateway", address, "/ready").await;
        say("a client", address, "/hello").await;
        sleep(Duration::from_millis(600)).await;
    }
}

async fn say(who: &str, address: SocketAddr, path: &str) {
    match examples::get(address, path).await {
        Ok(answer) => println!("{who} sees {answer}"),
        Err(error) => println!("{who} sees {path}: {error}"),
    }
}
