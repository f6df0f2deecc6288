//! Runs the control of `writer`: the same records and the same graceful stop of the server, but no hooks.

#[path = "../../../../examples/platforms/writer/records.rs"]
mod records;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use records::Records;

async fn record(State(records): State<Records>, record: String) -> Result<&'static str, (StatusCode, String)> {
    match records.accept(record) {
        Ok(()) => Ok("acknowledged\n"),
        Err(refused) => Err((StatusCode::SERVICE_UNAVAILABLE, format!("{refused}\n"))),
    }
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let records = Records::in_file("/data/records");
        let app = Router::new().route("/records", post(record)).with_state(records);
        let mut stop = signal(SignalKind::terminate())?;
        let listener = TcpListener::bind("0.0.0.0:8080").await?;
        println!("ready");
        axum::serve(listener, app).with_graceful_shutdown(async move { _ = stop.recv().await }).await?;
        Ok(())
    })
}
