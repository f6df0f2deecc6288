//! 12, websocket: connections that never end by themselves. The server says goodbye on each, and waits for its end.
//!
//! Run `cargo run --bin 12_websocket`. Clients in the same program print what the outside sees.
//! New here: `track_fn` for a WebSocket, its close frame, and server-sent events that end when draining begins.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{SinkExt, StreamExt, stream};
use on_shutdown::tower::InFlightLayer;
use on_shutdown::{draining, serve, track, track_fn};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite;

/// After the upgrade, the server and the layer do not count the connection. `track_fn` does, from this call on.
async fn open_chat(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(track_fn("chat", chat))
}

async fn chat(mut socket: WebSocket) {
    let mut draining = draining();
    loop {
        let message = tokio::select! {
            message = socket.recv() => message,
            () = &mut draining => break,
        };
        // The client has left, or its connection is broken.
        let Some(Ok(message)) = message else { return };
        if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
    let goodbye = CloseFrame { code: close_code::AWAY, reason: "this server stops, connect again".into() };
    let _ = socket.send(Message::Close(Some(goodbye))).await;
    // The client answers with a close frame of its own. One that does not answer must not hold the shutdown.
    let _ = timeout(Duration::from_secs(2), async { while let Some(Ok(_)) = socket.recv().await {} }).await;
}

/// Sends an event every 300 ms, and a last one when draining begins. The layer counts the response until its end.
async fn events() -> Response {
    let ticks = stream::unfold(0, |tick| async move {
        sleep(Duration::from_millis(300)).await;
        Some((Event::default().data(tick.to_string()), tick + 1))
    });
    let last = stream::once(async { Event::default().event("stopping").data("connect again") });
    Sse::new(ticks.take_until(draining()).chain(last).map(Ok::<_, Infallible>)).into_response()
}

#[on_shutdown::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new().route("/chat", get(open_chat)).route("/events", get(events));
    let app = app.layer(InFlightLayer::new("http"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // Tracked, because these clients live in the program that stops.
    tokio::spawn(track("chat client", async move {
        if let Err(error) = talk(address).await {
            println!("the chat client sees {error}");
        }
    }));
    tokio::spawn(track("events client", async move {
        match examples::read_all(address, "/events").await {
            Ok(answer) => println!("the events client sees {}", events_in(&answer)),
            Err(error) => println!("the events client sees {error}"),
        }
    }));
    examples::sigterm_after(Duration::from_secs(1));
    serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await
}

/// Says hello, and waits for the server's goodbye.
async fn talk(address: SocketAddr) -> Result<(), tungstenite::Error> {
    let stream = TcpStream::connect(address).await?;
    let (mut socket, _) = client_async(format!("ws://{address}/chat"), stream).await?;
    socket.send(tungstenite::Message::text("hello")).await?;
    while let Some(message) = socket.next().await {
        match message? {
            tungstenite::Message::Close(Some(goodbye)) => {
                println!("the chat client sees the goodbye {}: {}", goodbye.code, goodbye.reason);
            }
            message => println!("the chat client sees {message}"),
        }
    }
    Ok(())
}

/// Returns the names and the data of the events, and whether the body is complete.
fn events_in(answer: &str) -> String {
    let events = answer.lines().filter(|line| line.starts_with("data: ") || line.starts_with("event: "));
    let end = if answer.ends_with("0\r\n\r\n") { "the end" } else { "a broken connection" };
    format!("{}, and then {end}", events.collect::<Vec<_>>().join(", "))
}
