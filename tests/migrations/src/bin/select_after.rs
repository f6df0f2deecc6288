//! Runs the web service of `select_before` with on-shutdown. The clean-up stays at the end of `main`.

use std::fs;
use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::{Router, routing::post};
use migrations::{Failure, folder};
use on_shutdown::{Settings, draining, on_shutdown};
use tokio::net::TcpListener;
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

#[on_shutdown(phase = close, timeout = "1s")]
fn close_pool() {
    println!("closed the pool");
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let _guard = Settings::new().install()?;
    let orders = Orders::default();
    let app = Router::new().route("/order", post(order)).with_state(Arc::clone(&orders));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    tokio::select! {
        result = axum::serve(listener, app).into_future() => result?,
        () = draining() => {}
    }
    save(&orders).await?;
    Ok(())
}
