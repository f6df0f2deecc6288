//! Service B, a writer: `POST /records` is answered as soon as the record is in memory, and what was answered is on the
//! volume when the process has ended. `RECORDS` names the file.
//!
//! What could not be written is said by the hook's error, in the report and by exit code 70.

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
    // Until the last answer is out: a record that comes in during the stop is acknowledged and written, or refused.
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
