//! Leads while it holds a lease in Redis, and gives the lease back at the stop, so that the next process leads at once.
//!
//! - `give_back_lease`: `deregister`, 0, 2 s. The first phase: another process can lead while this one drains. The hook waits
//!   for the step in hand, so its timeout is longer than a step. If a step takes longer, the hook times out, and the lease
//!   ends by itself. So two processes never lead at once, if a step is shorter than the lease.
//!
//! Run `cargo run -p cookbook-data --bin leader_lease -- redis://localhost/ NAME` in two terminals, and press Ctrl-C in the
//! first. The server is Debian's package `redis-server`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use on_shutdown::{is_ready, on_shutdown, provide, serve};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisResult, cmd};
use tokio::sync::Mutex;
use tokio::time::sleep;

const KEY: &str = "leader";
/// Takes the lease or makes it longer, unless another process holds it.
const HOLD: &str = "local holder = redis.call('GET', KEYS[1])
    if holder and holder ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
    return 1";
/// Gives the lease back, unless it has ended, and another process holds it now.
const GIVE_BACK: &str = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0";

#[derive(Clone)]
struct Lease {
    redis: MultiplexedConnection,
    /// No other process has this name. In containers each process may have the number 1: use the name of the pod.
    holder: String,
    /// How long a process that is killed remains the leader. Longer than a step.
    seconds: u64,
    /// Locked during a step.
    step: Arc<Mutex<()>>,
}

impl Lease {
    async fn hold(&mut self) -> RedisResult<bool> {
        let mut hold = cmd("EVAL");
        hold.arg(HOLD).arg(1).arg(KEY).arg(&self.holder).arg(self.seconds).query_async(&mut self.redis).await
    }

    async fn give_back(&mut self) -> RedisResult<bool> {
        cmd("EVAL").arg(GIVE_BACK).arg(1).arg(KEY).arg(&self.holder).query_async(&mut self.redis).await
    }

    /// The work that only one process may do.
    async fn step(&mut self) -> RedisResult<()> {
        let _: usize = self.redis.rpush("steps", format!("{} begins", self.holder)).await?;
        println!("a step has begun");
        sleep(Duration::from_millis(200)).await;
        let _: usize = self.redis.rpush("steps", format!("{} ends", self.holder)).await?;
        Ok(())
    }

    async fn lead(mut self) -> RedisResult<()> {
        println!("ready");
        loop {
            let locked = Arc::clone(&self.step).lock_owned().await;
            // False as soon as the shutdown begins: the lease is not taken again.
            if !is_ready() {
                return Ok(());
            }
            if self.hold().await? {
                self.step().await?;
            }
            drop(locked);
            sleep(Duration::from_millis(100)).await;
        }
    }
}

#[on_shutdown(phase = deregister, timeout = "2s")]
async fn give_back_lease(mut lease: Lease) -> RedisResult<()> {
    let _no_step = Arc::clone(&lease.step).lock_owned().await;
    if lease.give_back().await? {
        println!("gave the lease back");
    }
    Ok(())
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "redis://localhost/".to_owned());
    let holder = arguments.next().unwrap_or_else(|| format!("process-{}", std::process::id()));
    let seconds = arguments.next().map_or(Ok(15), |seconds| seconds.parse())?;
    let settings = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(5)));
    let redis = Client::open(url)?.get_multiplexed_async_connection_with_config(&settings).await;
    let redis = redis.context("connecting to Redis (Debian: `apt install redis-server`)")?;
    let lease = Lease { redis, holder, seconds, step: Arc::default() };
    provide(lease.clone())?;
    serve("leader", |_| lease.lead()).await?;
    Ok(())
}
