//! Runs the web service of `web_before` with on-shutdown: the state after the migration.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::{Router, routing::get, routing::post};
use migrations::{Failure, folder};
use on_shutdown::{on_shutdown, provide, serve};
use tokio::net::TcpListener;
use tokio::time::sleep;

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

#[on_shutdown(phase = flush, timeout = "2s")]
fn save(orders: Orders) -> std::io::Result<()> {
    let orders = orders.lock().expect("no holder of the lock panics").join("\n");
    fs::write(folder().join("orders.txt"), orders)
}

#[on_shutdown::main]
async fn main() -> Result<(), Failure> {
    let orders = Orders::default();
    provide(Arc::clone(&orders))?;
    let app = Router::new()
        .route("/slow", get(slow))
        .route("/forever", get(forever))
        .route("/order", post(order))
        .with_state(orders);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
