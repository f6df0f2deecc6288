//! Runs service C, which is listed in etcd while it serves.
//!
//! At shutdown it leaves the registry first. It keeps serving clients that have read the old list, and then closes its
//! listener. `etcd.rs` documents its variables.

mod etcd;

use axum::Router;
use axum::routing::get;
use on_shutdown::tower::{InFlightLayer, Readiness};
use on_shutdown::{provide, serve};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

use etcd::Registry;

// Readers of the registry need this long to see the change.
#[on_shutdown::main(drain_delay = "2s")]
async fn main() -> anyhow::Result<()> {
    let app = Router::new().route("/", get(|| async { "hello\n" }));
    let app = app.layer(InFlightLayer::new("http")).route_service("/ready", Readiness::new());
    // Binds before it lists the instance, so a client that reads the entry can connect.
    let listener = TcpListener::bind("0.0.0.0:8080").await?;
    let registry = Registry::from_env("hello")?;
    // Provides the hook's parameter before it lists the instance, so a signal in between finds the parameter.
    provide(registry.clone())?;
    spawn_blocking(move || registry.enter()).await??;
    println!("ready");
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
