//! A TCP server in the shape of mini-redis: a task for each connection, a limit on connections, a broadcast channel.
//! Each connection finishes the command in hand, says goodbye, and closes.
//!
//! No hook. `serve` counts the listener and `track` counts each connection as work in flight, so the drain phase waits for
//! both. It needs no timeout: it waits as long as the grace period allows, and the report names what it cuts off.
//!
//! Run `cargo run -p cookbook-servers --bin raw_tcp -- 127.0.0.1:6379`, connect with `nc 127.0.0.1 6379`, type
//! `publish hello` or `work`, and press Ctrl-C.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use on_shutdown::{draining, serve, track};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio::time::sleep;

const MAX_CONNECTIONS: usize = 3;

/// Waits until fewer than [`MAX_CONNECTIONS`] are open, then for the next one.
async fn accept(listener: &TcpListener, limit: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(limit).acquire_owned().await.map_err(io::Error::other)?;
    Ok((listener.accept().await?.0, permit))
}

async fn run_command(command: &str, channel: &broadcast::Sender<String>) -> String {
    match command.split_once(' ') {
        Some(("publish", text)) => {
            let receivers = channel.send(text.to_owned()).unwrap_or(0);
            format!("sent to {receivers}\n")
        }
        _ if command == "work" => {
            println!("a command has begun");
            sleep(Duration::from_millis(700)).await;
            "done\n".to_owned()
        }
        _ => format!("unknown command: {command}\n"),
    }
}

async fn run_connection(mut stream: TcpStream, channel: broadcast::Sender<String>) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut commands = BufReader::new(read).lines();
    let mut messages = channel.subscribe();
    let mut draining = draining();
    loop {
        let command = tokio::select! {
            // In this order: messages that are already sent arrive before the goodbye, and no command begins after it.
            biased;
            message = messages.recv() => {
                // An error means that this client is too slow, and has missed messages.
                let line = message.map_or_else(|error| format!("{error}\n"), |text| format!("message {text}\n"));
                write.write_all(line.as_bytes()).await?;
                continue;
            }
            () = &mut draining => break,
            command = commands.next_line() => command?,
        };
        let Some(command) = command else { return Ok(()) };
        // Not inside `select!`, which would drop the command when draining begins.
        let answer = run_command(&command, &channel).await;
        write.write_all(answer.as_bytes()).await?;
    }
    write.write_all(b"goodbye\n").await?;
    write.shutdown().await
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("ready on {}", listener.local_addr()?);
    let limit = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (channel, _) = broadcast::channel(16);
    serve("listener", |mut draining| async move {
        loop {
            let accepted = tokio::select! {
                () = &mut draining => break,
                accepted = accept(&listener, &limit) => accepted,
            };
            let Ok((stream, permit)) = accepted else {
                // Too many open files, for example. The next attempt may succeed.
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let connection = run_connection(stream, channel.clone());
            tokio::spawn(track("connection", async move {
                if let Err(error) = connection.await {
                    println!("a connection failed: {error}");
                }
                drop(permit);
            }));
        }
    })
    .await;
    println!("no further connection is accepted");
    Ok(())
}
