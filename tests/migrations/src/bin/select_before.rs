//! Runs a web service until a signal, before the migration: `select!` on the server and the signals, then the clean-up.
//! Written like `src/server.rs` of mini-redis, the example of tokio's tutorial.

use std::fs;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::{Router, routing::post};
use migrations::{Failure, folder};
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

type Orders = Arc<Mutex<Vec<String>>>;

async fn order(State(orders): State<Orders>, text: String) {
    orders.lock().expect("no holder of the lock panics").push(text);
}

async fn save(orders: &Orders) -> std::io::Result<()> {
    sleep(Duration::from_millis(300)).await;
    let orders = orders.lock().expect("no holder of the lock panics").join("\n");
    fs::write(folder().join("orders.txt"), orders)?;
    println!("saved");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let orders = Orders::default();
    let app = Router::new().route("/order", post(order)).with_state(Arc::clone(&orders));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    tokio::select! {
        result = axum::serve(listener, app).into_future() => result?,
        _ = terminate.recv() => {}
        result = ctrl_c() => result?,
    }
    save(&orders).await?;
    Ok(())
}
