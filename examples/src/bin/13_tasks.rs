//! 13, tasks: a program whose consumer dies does not live on half dead. It drains, stops, and exits with 1.
//!
//! Run `cargo run --bin 13_tasks`. No signal is sent: the broker, which is part of this program, hangs up.
//! New here: `spawn` for tasks that the program cannot do without, `Task` for one that may end, and blocking work.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use axum::routing::get;
use on_shutdown::{Draining, Task, is_draining, is_ready, on_shutdown, serve, spawn, track};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// Takes orders until draining begins. An error leaves the task: what cannot be repaired here ends the program, and the
/// platform starts it again.
async fn consume(mut draining: Draining, broker: SocketAddr) -> anyhow::Result<()> {
    let stream = TcpStream::connect(broker).await.context("connecting to the broker")?;
    let mut orders = BufReader::new(stream).lines();
    loop {
        let order = tokio::select! {
            order = orders.next_line() => order.context("reading an order")?,
            () = &mut draining => return Ok(()),
        };
        let Some(order) = order else { bail!("the broker hung up") };
        println!("{order}");
    }
}

/// Ends early, and may.
async fn load_prices() {
    sleep(Duration::from_millis(100)).await;
    println!("loaded the prices");
}

fn compress_files() {
    while !is_draining() {
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("the compressor has stopped");
}

/// A broker that hangs up after three orders.
async fn run_broker(listener: TcpListener) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept().await?;
    for order in 1..=3 {
        stream.write_all(format!("order {order}\n").as_bytes()).await?;
        sleep(Duration::from_millis(300)).await;
    }
    Ok(())
}

/// Answers after 500 ms, when the consumer has died.
async fn answer() -> String {
    sleep(Duration::from_millis(500)).await;
    format!("a whole answer, although the program is ready no more: {}", !is_ready())
}

#[on_shutdown(phase = close, timeout = "1s")]
fn close_pool() {
    println!("closed the pool");
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let broker = TcpListener::bind("127.0.0.1:0").await?;
    let address = broker.local_addr()?;
    tokio::spawn(run_broker(broker));

    spawn("consumer", move |draining| consume(draining, address));
    Task::new("prices").may_end().spawn(|_| load_prices());
    Task::new("compressor").spawn_blocking(compress_files);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    // A client that asks shortly before the broker hangs up. Tracked, because it lives in the program that stops.
    tokio::spawn(track("client", async move {
        sleep(Duration::from_millis(700)).await;
        match examples::read_all(server, "/").await {
            Ok(answer) => println!("the client sees {}", answer.lines().last().unwrap_or_default()),
            Err(error) => println!("the client sees {error}"),
        }
    }));
    let app = Router::new().route("/", get(answer));
    serve("server", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
