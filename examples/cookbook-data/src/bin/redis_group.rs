//! Finishes and acknowledges the message in hand, and gives the others back to the group (a Redis stream).
//!
//! - No hook for the message: the loop is work in flight, and the drain phase waits for it.
//! - `leave_group`: `stop`, 0, 2 s. The drain phase is over, so no message is in hand. The hook sends three short commands.
//!   If the time was too short for the message in hand, another consumer processes it again.
//!
//! Run `cargo run -p cookbook-data --bin redis_group -- redis://localhost/ consumer-1`, and press Ctrl-C. The server is
//! Debian's package `redis-server`. `redis-cli xadd orders '*' number 1` sends a message.

use std::time::Duration;

use anyhow::Context;
use on_shutdown::{is_draining, on_shutdown, provide, serve};
use redis::aio::MultiplexedConnection;
use redis::streams::{
    StreamAutoClaimOptions, StreamAutoClaimReply, StreamClaimOptions, StreamId, StreamPendingCountReply,
    StreamReadOptions, StreamReadReply,
};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisResult};
use tokio::time::sleep;

const STREAM: &str = "orders";
const GROUP: &str = "shop";
/// The consumer that owns what was given back. No process has this name.
const RETURNED: &str = "returned";

/// Maximum number of messages that a consumer owns.
const COUNT: usize = 10;
/// How long Redis waits for a message, in milliseconds. If no message comes, a stop waits for this at most.
const BLOCK: usize = 500;
/// After this time, in milliseconds, another consumer takes a message that is not acknowledged: its owner was killed. Longer
/// than the work on [`COUNT`] messages.
const GONE: usize = 60_000;

#[derive(Clone)]
struct Consumer {
    redis: MultiplexedConnection,
    name: String,
}

impl Consumer {
    /// Connects, and makes the group unless it exists.
    async fn join(url: &str, name: String) -> anyhow::Result<Self> {
        let settings = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(5)));
        let redis = Client::open(url)?.get_multiplexed_async_connection_with_config(&settings).await;
        let mut redis = redis.context("connecting to Redis (Debian: `apt install redis-server`)")?;
        let made: RedisResult<()> = redis.xgroup_create_mkstream(STREAM, GROUP, "0").await;
        match made {
            Err(error) if error.code() != Some("BUSYGROUP") => Err(error.into()),
            _ => Ok(Self { redis, name }),
        }
    }

    /// Takes messages that were given back or belong to a consumer that was killed, otherwise new ones.
    async fn next(&mut self) -> RedisResult<Vec<StreamId>> {
        let (redis, name) = (&mut self.redis, &self.name);
        let options = StreamAutoClaimOptions::default().count(COUNT);
        let old: StreamAutoClaimReply = redis.xautoclaim_options(STREAM, GROUP, name, GONE, "0-0", options).await?;
        if !old.claimed.is_empty() {
            return Ok(old.claimed);
        }
        let options = StreamReadOptions::default().group(GROUP, name).count(COUNT).block(BLOCK);
        let new: Option<StreamReadReply> = redis.xread_options(&[STREAM], &[">"], &options).await?;
        Ok(new.into_iter().flat_map(|reply| reply.keys).flat_map(|stream| stream.ids).collect())
    }

    async fn work(&mut self, message: &StreamId) -> RedisResult<()> {
        let number: String = message.get("number").unwrap_or_default();
        println!("message {number} has begun");
        sleep(Duration::from_millis(100)).await;
        let _: usize = self.redis.rpush("done", &number).await?;
        let _: usize = self.redis.xack(STREAM, GROUP, &[&message.id]).await?;
        println!("message {number} is acknowledged");
        Ok(())
    }

    /// Never cancels a read: Redis would answer it, and this consumer would own messages that it has not seen.
    async fn consume(mut self) -> RedisResult<()> {
        println!("ready");
        while !is_draining() {
            for message in self.next().await? {
                if is_draining() {
                    break;
                }
                self.work(&message).await?;
            }
        }
        Ok(())
    }
}

/// Gives back the messages that this consumer owns, and makes them so old that another consumer takes them at once. To delete
/// a consumer that owns messages would lose them.
#[on_shutdown(phase = stop, timeout = "2s")]
async fn leave_group(Consumer { mut redis, name }: Consumer) -> RedisResult<()> {
    let own: StreamPendingCountReply = redis.xpending_consumer_count(STREAM, GROUP, "-", "+", COUNT, &name).await?;
    let ids = own.ids.into_iter().map(|message| message.id).collect::<Vec<_>>();
    if !ids.is_empty() {
        let old = StreamClaimOptions::default().idle(GONE).with_justid();
        let _: Vec<String> = redis.xclaim_options(STREAM, GROUP, RETURNED, 0, &ids, old).await?;
    }
    redis.xgroup_delconsumer(STREAM, GROUP, &name).await
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "redis://localhost/".to_owned());
    let name = arguments.next().unwrap_or_else(|| format!("consumer-{}", std::process::id()));
    let consumer = Consumer::join(&url, name).await?;
    provide(consumer.clone())?;
    serve("consumer", |_| consumer.consume()).await?;
    Ok(())
}
