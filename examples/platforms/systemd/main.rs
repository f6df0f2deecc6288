//! Runs an HTTP service for systemd with `Type=notify`. `orders.service` is its unit.
//!
//! The program sends `READY=1` once its port is bound. The feature `systemd` sends the rest: that the program stops, how
//! far it is, and that it needs more time. The program also runs without systemd.

use std::time::Duration;

use axum::{Router, routing::get};
use on_shutdown::tower::{InFlightLayer, Readiness};
use on_shutdown::{on_shutdown, serve, systemd};

#[on_shutdown(phase = flush)]
fn flush_orders() {
    println!("orders flushed");
}

/// Takes 2 s, as a slow request would.
async fn order() -> &'static str {
    println!("order begun");
    tokio::time::sleep(Duration::from_secs(2)).await;
    "order done\n"
}

#[on_shutdown::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let app = Router::new().route("/order", get(order)).layer(InFlightLayer::new("http"));
    let app = app.route_service("/ready", Readiness::new());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("listening on {address}");
    systemd::ready()?;
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await
}
