//! Runs an axum server: plain requests over HTTP/1.1 and HTTP/2, WebSocket and server-sent events.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{MatchedPath, Path};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, stream};
use on_shutdown::tower::{InFlightLayer, Liveness, Readiness};
use on_shutdown::{Settings, draining, leaving, on_shutdown, serve, track_fn};
use servers::linger::LingeringListener;
use servers::{Blob, drains, listen};
use tokio::time::{interval, sleep};

/// Returns a number of milliseconds from the environment.
fn millis(name: &str, default: u64) -> Duration {
    Duration::from_millis(std::env::var(name).map_or(default, |millis| millis.parse().expect("milliseconds")))
}

/// Has time after work in flight, as in most programs.
#[on_shutdown(phase = close)]
async fn close_pool() {
    sleep(millis("CLOSE", 0)).await;
}

/// Returns this many bytes, after this many milliseconds.
async fn blob(Path((bytes, wait)): Path<(usize, u64)>) -> Response {
    sleep(Duration::from_millis(wait)).await;
    Response::new(Body::new(Blob::new(bytes)))
}

/// Answers a moment after draining begins. Prints when this many requests wait.
async fn hold(Path((crowd, wait)): Path<(usize, u64)>) -> Response {
    static HERE: AtomicUsize = AtomicUsize::new(0);
    if HERE.fetch_add(1, Ordering::SeqCst) + 1 == crowd {
        println!("{crowd} are here");
    }
    draining().await;
    sleep(Duration::from_millis(wait)).await;
    Response::new(Body::new(Blob::new(1024)))
}

/// Answers at the signal, while the program still serves.
async fn farewell() -> Response {
    println!("one waits for the signal");
    leaving().await;
    Response::new(Body::new(Blob::new(5)))
}

/// The server does not count an upgraded connection.
async fn socket(upgrade: WebSocketUpgrade) -> Response {
    if drains() { upgrade.on_upgrade(track_fn("websocket", echo)) } else { upgrade.on_upgrade(echo) }
}

/// Pays no attention to draining.
async fn stubborn_socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(track_fn("stubborn websocket", |mut socket: WebSocket| async move {
        while let Some(Ok(message)) = socket.recv().await {
            let _ = socket.send(message).await;
        }
    }))
}

async fn echo(mut socket: WebSocket) {
    let draining = async { if drains() { draining().await } else { std::future::pending().await } };
    tokio::pin!(draining);
    loop {
        let message = tokio::select! {
            message = socket.recv() => message,
            () = &mut draining => break,
        };
        let Some(Ok(message)) = message else { return };
        if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
    let frame = CloseFrame { code: close_code::AWAY, reason: "stopping".into() };
    let _ = socket.send(Message::Close(Some(frame))).await;
    // The connection is closed only after the peer has confirmed the close.
    while let Some(Ok(_)) = socket.recv().await {}
}

/// A stream that never ends by itself.
fn ticks() -> impl Stream<Item = Event> + Send + 'static {
    stream::unfold((interval(Duration::from_millis(20)), 0), |(mut clock, tick)| async move {
        clock.tick().await;
        Some((Event::default().data(tick.to_string()), (clock, tick + 1)))
    })
}

async fn events() -> Response {
    let ticks = ticks();
    let last = stream::once(async { Event::default().event("stopping").data("come again") });
    match drains() {
        true => sse(ticks.take_until(draining()).chain(last)),
        false => sse(ticks),
    }
}

fn sse(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    Sse::new(events.map(Ok::<_, Infallible>)).into_response()
}

async fn server() -> std::io::Result<()> {
    let app = Router::new()
        .route("/blob/{bytes}/{wait}", get(blob))
        .route("/hold/{crowd}/{wait}", get(hold))
        .route("/farewell", get(farewell))
        .route("/socket", get(socket))
        .route("/stubborn/socket", get(stubborn_socket))
        .route("/stubborn/events", get(async || sse(ticks())))
        .route("/events", get(events));
    let probes = Router::new()
        .route_service("/ready", Readiness::new())
        .route_service("/steady", Readiness::new().always_ready())
        .route_service("/live", Liveness::new());
    let listener = listen();
    println!("ready");
    if drains() {
        let layer = InFlightLayer::new("http");
        let by_route = layer.route(|request| request.extensions.get::<MatchedPath>().map(|path| path.as_str().into()));
        let layer = if std::env::var_os("ROUTES").is_some() { by_route } else { layer };
        let app = app.layer(layer).merge(probes);
        let listener = LingeringListener(listener);
        serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await
    } else {
        axum::serve(listener, app.merge(probes)).await
    }
}

/// Does by hand what `#[on_shutdown::main]` does, because the drain delay (`DELAY`) and the grace period
/// (`GRACE`, both in milliseconds) are known only now.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::new().grace_period(millis("GRACE", 25_000)).drain_delay(millis("DELAY", 1500));
    let handle = settings.install()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(server())?;
    // The server has ended. The shutdown ends the process.
    println!("{}", handle.wait());
    Ok(())
}
