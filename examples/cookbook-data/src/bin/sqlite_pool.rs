//! Finishes the transaction in flight, writes the rows in memory, and closes the pool (sqlx, SQLite).
//!
//! - No hook for the transaction: the loop is work in flight, and the drain phase waits for it.
//! - `write_visits`: `flush`, 0, 3 s. The pool is still open. The rows are few, and SQLite may wait for a lock.
//! - `close_pool`: `close`, -100, 2 s. After the other hooks of `close`, which may use the pool.
//!
//! Run `cargo run -p cookbook-data --bin sqlite_pool -- /tmp/shop.db`, and press Ctrl-C.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use on_shutdown::{Draining, on_shutdown, provide, serve};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use tokio::time::sleep;

const TABLES: &str = "CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS items (number INTEGER, name TEXT);
    CREATE TABLE IF NOT EXISTS visits (number INTEGER);";

/// Rows that are not worth a transaction each. Another part of the program would write them from time to time.
type Visits = Arc<Mutex<Vec<i64>>>;

/// Writes all rows or none.
#[on_shutdown(phase = flush, timeout = "3s")]
async fn write_visits(pool: SqlitePool, visits: Visits) -> sqlx::Result<()> {
    let visits = std::mem::take(&mut *visits.lock().unwrap_or_else(PoisonError::into_inner));
    let mut transaction = pool.begin().await?;
    for visit in visits {
        sqlx::query("INSERT INTO visits VALUES (?)").bind(visit).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Waits for connections that are in use. The last connection moves the write-ahead log into the database file.
#[on_shutdown(phase = close, priority = -100, timeout = "2s")]
async fn close_pool(pool: SqlitePool) {
    pool.close().await;
}

async fn save_order(pool: &SqlitePool, number: i64) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    println!("order {number} has begun");
    sqlx::query("INSERT INTO orders VALUES (?)").bind(number).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO items VALUES (?, 'tea')").bind(number).execute(&mut *transaction).await?;
    transaction.commit().await?;
    println!("order {number} is saved");
    Ok(())
}

async fn take_orders(mut draining: Draining, pool: SqlitePool, visits: Visits) -> sqlx::Result<()> {
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
    let path = std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("shop.db"), PathBuf::from);
    let file = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePool::connect_with(file.journal_mode(SqliteJournalMode::Wal)).await;
    let pool = pool.with_context(|| format!("opening {}", path.display()))?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    let visits = Visits::default();
    provide(pool.clone())?;
    provide(Arc::clone(&visits))?;
    serve("orders", |draining| take_orders(draining, pool, visits)).await?;
    Ok(())
}
