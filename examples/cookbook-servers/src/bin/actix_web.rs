//! An actix-web server. It runs in the tokio runtime of `#[on_shutdown::main]`, its workers have threads and runtimes of
//! their own, and on-shutdown alone handles the signals.
//!
//! No hook. `serve` counts the server as work in flight, so the drain phase waits for all its workers. It needs no timeout:
//! it waits as long as the grace period allows.
//!
//! Run `cargo run -p cookbook-servers --bin actix_web -- 127.0.0.1:8080`, run `curl 127.0.0.1:8080/order`, and press Ctrl-C.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use on_shutdown::{is_ready, serve};
use tokio::time::sleep;

async fn order() -> &'static str {
    println!("a request has begun");
    sleep(Duration::from_millis(700)).await;
    "order 17, complete"
}

/// The readiness probe. A gateway stops sending requests when the probe answers 503.
async fn ready() -> HttpResponse {
    HttpResponse::new(if is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE })
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("ready on {}", listener.local_addr()?);
    let app = || App::new().route("/order", web::get().to(order)).route("/ready", web::get().to(ready));
    // The limit of the server itself, 30 s by default: the grace period decides, and the report then has what was cut off.
    let server = HttpServer::new(app).shutdown_timeout(3600).listen(listener)?;
    // `shutdown_signal` also turns off the signal handlers of actix-web: see docs/cookbook.md. It closes idle connections.
    serve("http", |draining| server.shutdown_signal(draining).run()).await?;
    Ok(())
}
