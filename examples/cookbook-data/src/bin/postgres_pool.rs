//! Finishes the transaction in flight, writes the rows in memory, and closes the pool (sqlx, PostgreSQL).
//!
//! - No hook for the transaction: the loop is work in flight, and the drain phase waits for it.
//! - `write_visits`: `flush`, 0, 3 s. The pool is still open. The rows are few, and the server may be busy.
//! - `close_pool`: `close`, -100, 2 s. After the other hooks of `close`, which may use the pool.
//!
//! Run `cargo run -p cookbook-data --bin postgres_pool -- postgres://postgres@localhost/postgres`, and press Ctrl-C. The
//! server is Debian's package `postgresql`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use on_shutdown::{Draining, on_shutdown, provide, serve};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::time::sleep;

const TABLES: &str = "CREATE TABLE IF NOT EXISTS orders (number BIGINT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS items (number BIGINT, name TEXT);
    CREATE TABLE IF NOT EXISTS visits (number BIGINT);";

/// Rows that are not worth a transaction each. Another part of the program would write them from time to time.
type Visits = Arc<Mutex<Vec<i64>>>;

#[on_shutdown(phase = flush, timeout = "3s")]
async fn write_visits(pool: PgPool, visits: Visits) -> sqlx::Result<()> {
    let visits = std::mem::take(&mut *visits.lock().unwrap_or_else(PoisonError::into_inner));
    sqlx::query("INSERT INTO visits SELECT unnest($1)").bind(visits).execute(&pool).await?;
    Ok(())
}

/// Waits for connections that are in use, and tells the server the end of each connection.
#[on_shutdown(phase = close, priority = -100, timeout = "2s")]
async fn close_pool(pool: PgPool) {
    pool.close().await;
}

async fn save_order(pool: &PgPool, number: i64) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    println!("order {number} has begun");
    sqlx::query("INSERT INTO orders VALUES ($1)").bind(number).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO items VALUES ($1, 'tea')").bind(number).execute(&mut *transaction).await?;
    transaction.commit().await?;
    println!("order {number} is saved");
    Ok(())
}

async fn take_orders(mut draining: Draining, pool: PgPool, visits: Visits) -> sqlx::Result<()> {
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM orders").fetch_one(&pool).await?;
    println!("ready");
    for number in last + 1.. {
        visits.lock().unwrap_or_else(PoisonError::into_inner).push(number);
        save_order(&pool, number).await?;
        tokio::select! {
            () = &mut draining => break,
            () = sleep(Duration::from_millis(50)) => {}
        }
    }
    Ok(())
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "postgres://postgres@localhost/postgres".to_owned());
    let server: PgConnectOptions = url.parse().context("the address of PostgreSQL")?;
    // A request that waits longer than this for a connection fails.
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(5));
    let pool = pool.connect_with(server.application_name("postgres_pool")).await;
    let pool = pool.context("connecting to PostgreSQL (Debian: `apt install postgresql`)")?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    let visits = Visits::default();
    provide(pool.clone())?;
    provide(Arc::clone(&visits))?;
    serve("orders", |draining| take_orders(draining, pool, visits)).await?;
    Ok(())
}
