//! 14, scopes: a listener that is replaced when the configuration changes, while the program and its other parts go on.
//!
//! Run `cargo run --bin 14_scopes`. No signal is sent: the program changes its own configuration, and then ends.
//! New here: `Scope`, a part of the program that stops alone, with its own work, tasks, hooks and report.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use on_shutdown::{HookSettings, Phase, Scope, is_ready, on_shutdown};
use tokio::net::TcpListener;
use tokio::time::sleep;

#[on_shutdown(phase = close, timeout = "1s")]
fn close_pool() {
    println!("closed the pool, which all listeners share");
}

/// Starts a listener. Everything that belongs to it is made by its scope.
async fn start_listener(greeting: &'static str) -> anyhow::Result<(Scope, SocketAddr)> {
    let listener = Scope::new("listener");
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    let answer = async move || {
        sleep(Duration::from_millis(300)).await;
        greeting
    };
    let app = Router::new().route("/", get(answer));
    listener.spawn("http", |draining| axum::serve(socket, app).with_graceful_shutdown(draining));
    let last = HookSettings::new().phase(Phase::Flush);
    listener.register("write the access log", last, async move |_| println!("wrote the access log of {greeting:?}"))?;
    Ok((listener, address))
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let (listener, address) = start_listener("hello").await?;
    // A request is on its way when the configuration changes.
    let request = tokio::spawn(examples::get(address, "/"));
    sleep(Duration::from_millis(100)).await;

    let (new_listener, new_address) = start_listener("good day").await?;
    let report = listener.shut_down().await?;
    println!("the old listener answered before it ended: {}", request.await??);
    println!("its hooks: {}, exit code {}", report.hooks.len(), report.exit_code);
    println!("the program is ready: {}, the old listener: {}", is_ready(), listener.is_ready());

    println!("the new listener answers: {}", examples::get(new_address, "/").await?);
    // The end of `main` stops what runs: the new listener, in the phases of the process.
    drop(new_listener);
    Ok(())
}
