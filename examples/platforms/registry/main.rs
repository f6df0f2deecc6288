//! Service C: listed in etcd while it serves. At the stop it leaves the registry first, serves on for those who have
//! read the old list, and closes its listener last. `etcd.rs` names its variables.

mod etcd;

use axum::Router;
use axum::routing::get;
use on_shutdown::tower::{InFlightLayer, Readiness};
use on_shutdown::{provide, serve};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

use etcd::Registry;

// As long as readers of the registry need to hear of it.
#[on_shutdown::main(drain_delay = "2s")]
async fn main() -> anyhow::Result<()> {
    let app = Router::new().route("/", get(|| async { "hello\n" }));
    let app = app.layer(InFlightLayer::new("http")).route_service("/ready", Readiness::new());
    // Bound before it is listed: who reads the entry can connect.
    let listener = TcpListener::bind("0.0.0.0:8080").await?;
    let registry = Registry::from_env("hello")?;
    // Before it is listed, too: a signal in between still finds the hook's parameter.
    provide(registry.clone())?;
    spawn_blocking(move || registry.enter()).await??;
    println!("ready");
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
