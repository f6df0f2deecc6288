//! A warp 0.4 server.
//!
//! No hook. `serve` counts the server as work in flight, so the drain phase waits until all requests are answered. It needs
//! no timeout: it waits as long as the grace period allows.
//!
//! Run `cargo run -p cookbook-servers --bin warp -- 127.0.0.1:3030`, run `curl 127.0.0.1:3030/order`, and press Ctrl-C.

use std::convert::Infallible;
use std::time::Duration;

use on_shutdown::{is_ready, serve};
use tokio::net::TcpListener;
use tokio::time::sleep;
use warp::Filter;
use warp::http::StatusCode;

async fn order() -> Result<&'static str, Infallible> {
    println!("a request has begun");
    sleep(Duration::from_millis(700)).await;
    Ok("order 17, complete")
}

/// The readiness probe. A gateway stops sending requests when the probe answers 503.
fn ready() -> StatusCode {
    if is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("ready on {}", listener.local_addr()?);
    let app = warp::path!("order").and_then(order).or(warp::path!("ready").map(ready));
    serve("http", |draining| warp::serve(app).incoming(listener).graceful(draining).run()).await;
    Ok(())
}
