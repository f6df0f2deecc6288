//! Runs service D, which takes orders from a Redis stream and answers requests. It cannot do without Redis.
//!
//! If the connection breaks, the consumer fails, and so the program ends: it answers the requests in flight, exits with 1,
//! and the platform starts it again (`docker run --restart on-failure`). An order that was read and not acknowledged stays in
//! Redis, and the next start of this consumer takes it first. So no order is lost, and one may be worked on twice.

use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use on_shutdown::{Draining, on_shutdown, serve, spawn};
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamReadOptions, StreamReadReply};
use redis::{AsyncCommands, AsyncConnectionConfig, Client};
use tokio::net::TcpListener;
use tokio::time::sleep;

const STREAM: &str = "orders";
const GROUP: &str = "shop";
/// A name that stays the same: the entries of a consumer that never comes back would wait for ever.
const CONSUMER: &str = "consumer-1";

/// How long Redis waits for new orders before it answers that there are none, in milliseconds.
const BLOCK: usize = 1000;
/// A Redis that does not answer at all is gone. More than [`BLOCK`].
const GONE: Duration = Duration::from_secs(5);

async fn connect(url: &str) -> anyhow::Result<MultiplexedConnection> {
    let settings = AsyncConnectionConfig::new().set_response_timeout(Some(GONE));
    let client = Client::open(url).context("the address of Redis")?;
    client.get_multiplexed_async_connection_with_config(&settings).await.context("connecting to Redis")
}

/// Takes orders until draining begins.
async fn consume(mut draining: Draining, url: String) -> anyhow::Result<()> {
    let mut redis = connect(&url).await?;
    let made: redis::RedisResult<()> = redis.xgroup_create_mkstream(STREAM, GROUP, "0").await;
    if let Err(error) = made
        && error.code() != Some("BUSYGROUP")
    {
        return Err(error).context("making the group");
    }
    println!("consuming");
    let options = StreamReadOptions::default().group(GROUP, CONSUMER).count(10).block(BLOCK);
    // First what an earlier process of this consumer has read and not acknowledged, then what is new: `>`.
    let mut from = "0";
    loop {
        let (streams, ids) = ([STREAM], [from]);
        let reply: Option<StreamReadReply> = tokio::select! {
            reply = redis.xread_options(&streams, &ids, &options) => reply.context("reading orders")?,
            // An order that Redis sends at this moment is not acknowledged, and so it is not lost.
            () = &mut draining => return Ok(()),
        };
        let orders = reply.into_iter().flat_map(|reply| reply.keys).flat_map(|key| key.ids).collect::<Vec<_>>();
        if orders.is_empty() {
            from = ">";
        }
        for order in orders {
            let number: String = order.get("number").unwrap_or_default();
            // The work on the order. It is acknowledged when it is done.
            println!("order {number}");
            let _: usize = redis.xack(STREAM, GROUP, &[&order.id]).await.context("acknowledging an order")?;
        }
    }
}

/// A request that takes its time.
async fn slow() -> &'static str {
    println!("answering");
    sleep(Duration::from_secs(2)).await;
    "done\n"
}

#[on_shutdown(phase = close, timeout = "1s")]
fn close_files() {
    println!("closed the files");
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1/".to_owned());
    let listener = TcpListener::bind("0.0.0.0:8080").await?;
    spawn("orders", |draining| consume(draining, url));
    println!("ready");
    let app = Router::new().route("/", get(slow));
    serve("http", |draining| axum::serve(listener, app).with_graceful_shutdown(draining)).await?;
    Ok(())
}
