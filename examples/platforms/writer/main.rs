//! Runs service B, which acknowledges `POST /records` as soon as the record is in memory.
//!
//! Every acknowledged record is on the volume when the process has ended. `RECORDS` names the file. If the hook cannot
//! write some records, its error in the report counts them, and the exit code is 70.

mod records;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use on_shutdown::tower::{InFlightLayer, Readiness};
use on_shutdown::{provide, serve};
use tokio::net::TcpListener;

use records::Records;

async fn record(State(records): State<Records>, record: String) -> Result<&'static str, (StatusCode, String)> {
    match records.accept(record) {
        Ok(()) => Ok("acknowledged\n"),
        Err(refused) => Err((StatusCode::SERVICE_UNAVAILABLE, format!("{refused}\n"))),
    }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let records = Records::in_file(std::env::var("RECORDS").unwrap_or("/data/records".to_owned()));
    provide(records.clone())?;
    let app = Router::new().route("/records", post(record)).with_state(records);
    let app = app.layer(InFlightLayer::new("http")).route_service("/ready", Readiness::new());
    let listener = TcpListener::bind("0.0.0.0:8080").await?;
    println!("ready");
    // Serves until the last answer is sent. A record that arrives meanwhile is acknowledged and written, or refused.
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
