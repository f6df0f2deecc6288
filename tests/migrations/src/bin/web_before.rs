//! Runs a web service with a shutdown by hand, before the migration. Written like axum's own example
//! (`examples/graceful-shutdown` of github.com/tokio-rs/axum), with orders to save at the end.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Router, routing::get, routing::post};
use migrations::{Failure, folder};
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;
use tower_http::timeout::TimeoutLayer;

type Orders = Arc<Mutex<Vec<String>>>;

async fn slow() {
    println!("slow");
    sleep(Duration::from_secs(1)).await;
}

async fn forever() {
    println!("forever");
    std::future::pending().await
}

async fn order(State(orders): State<Orders>, text: String) {
    orders.lock().expect("no holder of the lock panics").push(text);
}

async fn stop_signal() {
    let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
    tokio::select! {
        result = ctrl_c() => result.expect("SIGINT can be handled"),
        _ = terminate.recv() => {}
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let orders = Orders::default();
    let app = Router::new()
        .route("/slow", get(slow))
        .route("/forever", get(forever))
        .route("/order", post(order))
        .with_state(Arc::clone(&orders))
        // The server waits for requests without a limit; so each gets one.
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(10)));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(stop_signal()).await?;
    let orders = orders.lock().expect("no holder of the lock panics").join("\n");
    fs::write(folder().join("orders.txt"), orders)?;
    Ok(())
}
