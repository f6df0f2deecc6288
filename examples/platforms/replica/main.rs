//! All three services in one: it finishes requests in flight (A), writes acknowledged records to the volume (B), and
//! leaves the registry (C). Each hook stands in the file of its resource; this file only combines them.

#[path = "../registry/etcd.rs"]
mod etcd;
#[path = "../writer/records.rs"]
mod records;

use std::env;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use on_shutdown::tower::{InFlightLayer, Liveness, Readiness};
use on_shutdown::{provide, serve};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use etcd::Registry;
use records::Records;

/// Takes 200 ms, as a request to a database would.
async fn record(State(records): State<Records>, record: String) -> Result<&'static str, (StatusCode, String)> {
    sleep(Duration::from_millis(200)).await;
    match records.accept(record) {
        Ok(()) => Ok("acknowledged\n"),
        Err(refused) => Err((StatusCode::SERVICE_UNAVAILABLE, format!("{refused}\n"))),
    }
}

#[on_shutdown::main(drain_delay = "5s")]
async fn main() -> anyhow::Result<()> {
    // Each replica writes its own file, because replicas share the volume.
    let host = env::var("HOSTNAME").unwrap_or("localhost".to_owned());
    let records = Records::in_file(env::var("RECORDS").unwrap_or(format!("/data/records-{host}")));
    let registry = Registry::from_env("records")?;
    provide(records.clone())?;
    provide(registry.clone())?;
    let app = Router::new().route("/records", post(record)).with_state(records);
    let app = app.layer(InFlightLayer::new("http"));
    let app = app.route_service("/ready", Readiness::new()).route_service("/live", Liveness::new());
    let listener = TcpListener::bind("0.0.0.0:8080").await?;
    spawn_blocking(move || registry.enter()).await??;
    println!("ready");
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
