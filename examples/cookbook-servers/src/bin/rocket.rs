//! A Rocket 0.5 server. It runs in the tokio runtime of `#[on_shutdown::main]`, and on-shutdown alone handles the signals.
//!
//! No hook. `serve` counts the server as work in flight, so the drain phase waits until Rocket has ended. Rocket has limits
//! of its own for that (`grace` and `mercy`). Together they are one second shorter than the time for work in flight.
//!
//! Run `cargo run -p cookbook-servers --bin rocket -- 127.0.0.1:8000`, run `curl 127.0.0.1:8000/order`, and press Ctrl-C.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use on_shutdown::{is_ready, serve};
use rocket::config::{Config, LogLevel, Shutdown};
use rocket::fairing::AdHoc;
use rocket::http::Status;
use rocket::{get, routes};
use tokio::time::sleep;

#[get("/order")]
async fn order() -> &'static str {
    println!("a request has begun");
    sleep(Duration::from_millis(700)).await;
    "order 17, complete"
}

/// The readiness probe. A gateway stops sending requests when the probe answers 503.
#[get("/ready")]
fn ready() -> Status {
    if is_ready() { Status::Ok } else { Status::ServiceUnavailable }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned()).parse::<SocketAddr>()?;
    // `mercy`, and one second for Rocket to end.
    let grace = u32::try_from(on_shutdown::plan()?.drain_time().as_secs())?.saturating_sub(2);
    // Without `ctrlc` and `signals` Rocket handles SIGINT and SIGTERM too, and stops without the drain delay. The default of
    // `grace` is 2 s.
    let shutdown = Shutdown { ctrlc: false, signals: HashSet::new(), grace, mercy: 1, ..Shutdown::default() };
    let (ip, port) = (address.ip(), address.port());
    let config = Config { address: ip, port, shutdown, log_level: LogLevel::Critical, ..Config::default() };
    let liftoff = AdHoc::on_liftoff("address", |rocket| {
        Box::pin(async move { println!("ready on {}", SocketAddr::new(rocket.config().address, rocket.config().port)) })
    });
    let rocket = rocket::custom(config).mount("/", routes![order, ready]).attach(liftoff).ignite().await?;
    let stop = rocket.shutdown();
    serve("http", |draining| {
        tokio::spawn(async move {
            draining.await;
            stop.notify();
        });
        rocket.launch()
    })
    .await?;
    Ok(())
}
