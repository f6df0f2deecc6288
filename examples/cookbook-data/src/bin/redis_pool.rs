//! Finishes the order in flight, writes the list in memory, and closes the pool (deadpool, Redis).
//!
//! - No hook for the order: the loop is work in flight, and the drain phase waits for it.
//! - `write_visits`: `flush`, 0, 2 s. The pool is still open, and the list is one command.
//! - `close_pool`: `close`, -100, 1 s. After the other hooks of `close`, which may use the pool. It waits for nothing.
//!
//! Run `cargo run -p cookbook-data --bin redis_pool -- redis://localhost/`, and press Ctrl-C. The server is Debian's package
//! `redis-server`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use deadpool_redis::redis::AsyncCommands;
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::{Config, Hook, Pool, Runtime};
use on_shutdown::{Draining, on_shutdown, provide, serve};
use tokio::time::sleep;

/// Written as one command. Another part of the program would write the list from time to time.
type Visits = Arc<Mutex<Vec<u64>>>;

#[on_shutdown(phase = flush, timeout = "2s")]
async fn write_visits(pool: Pool, visits: Visits) -> anyhow::Result<()> {
    let visits = std::mem::take(&mut *visits.lock().unwrap_or_else(PoisonError::into_inner));
    if !visits.is_empty() {
        let _: usize = pool.get().await?.rpush("visits", visits).await?;
    }
    Ok(())
}

/// Closes the connections that are not in use. If others are in use, the report says so: the process ends without them.
#[on_shutdown(phase = close, priority = -100, timeout = "1s")]
fn close_pool(pool: Pool) -> anyhow::Result<()> {
    let status = pool.status();
    pool.close();
    match status.size - status.available {
        0 => Ok(()),
        in_use => bail!("{in_use} connections are in use"),
    }
}

async fn count_order(pool: &Pool, number: u64) -> anyhow::Result<()> {
    let mut redis = pool.get().await?;
    println!("order {number} has begun");
    let _: u64 = redis.incr("orders", 1).await?;
    println!("order {number} is counted");
    Ok(())
}

async fn take_orders(mut draining: Draining, pool: Pool, visits: Visits) -> anyhow::Result<()> {
    let redis = pool.get().await.context("connecting to Redis (Debian: `apt install redis-server`)");
    let last: Option<u64> = redis?.get("orders").await?;
    println!("ready");
    for number in last.unwrap_or_default() + 1.. {
        visits.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        count_order(&pool, number).await?;
        tokio::select! {
            () = &mut draining => break,
            () = sleep(Duration::from_millis(50)) => {}
        }
    }
    Ok(())
}

/// The client's default is half a second, which is too short for a server that is busy or saves its data.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "redis://localhost/".to_owned());
    let set_timeout = Hook::sync_fn(|connection: &mut MultiplexedConnection, _| {
        connection.set_response_timeout(RESPONSE_TIMEOUT);
        Ok(())
    });
    let pool = Config::from_url(url).builder()?.post_create(set_timeout).runtime(Runtime::Tokio1).build()?;
    let visits = Visits::default();
    provide(pool.clone())?;
    provide(Arc::clone(&visits))?;
    serve("orders", |draining| take_orders(draining, pool, visits)).await?;
    Ok(())
}
