use std::path::Path;

use process::{Program, Signal};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use crate::{Folder, numbers, stop};

const PROGRAM: &str = env!("CARGO_BIN_EXE_sqlite_pool");

async fn open(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("the program has made it")
}

async fn column(connection: &mut SqliteConnection, query: &'static str) -> Vec<i64> {
    sqlx::query_scalar(query).fetch_all(connection).await.expect("an answer")
}

#[tokio::test]
async fn sqlite_has_the_order_in_flight_and_the_visits_that_were_in_memory() {
    let folder = Folder::make("sqlite");
    let path = folder.0.join("shop.db");
    let mut running = Program::new(PROGRAM).arg(&path).start();
    running.out_line("order 2 is saved");

    // From here on the program's transaction waits for this one.
    let mut other = open(&path).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the lock");
    let saved = column(&mut other, "SELECT number FROM orders ORDER BY number").await;
    assert_eq!(column(&mut other, "SELECT number FROM visits").await, [0; 0], "the visits are in memory");
    let in_flight = saved.len() + 1;
    running.out_line(&format!("order {in_flight} has begun"));
    running.signal(Signal::SIGTERM);
    running.err_line("SIGTERM");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("the lock is given back");
    other.close().await.expect("nothing is pending");

    let ended = running.wait();
    ended.assert_code(0).assert_out(&format!("order {in_flight} is saved")).assert_err("2 completed");
    let mut database = open(&path).await;
    let begun = numbers(&ended, "order ", " has begun");
    for query in ["SELECT number FROM orders", "SELECT number FROM items", "SELECT number FROM visits"] {
        assert_eq!(column(&mut database, query).await, begun, "{query}: {ended}");
    }
}

#[test]
fn sqlite_leaves_one_file_and_the_next_process_continues() {
    let folder = Folder::make("sqlite-file");
    let path = folder.0.join("shop.db");
    let mut last = 0;
    for _ in 0..2 {
        let running = Program::new(PROGRAM).arg(&path).start();
        running.out_line(&format!("order {} is saved", last + 1));
        assert!(folder.0.join("shop.db-wal").exists(), "the write-ahead log is in use");
        let ended = stop(running);
        ended.assert_code(0);
        last = *numbers(&ended, "order ", " is saved").last().expect("one was seen");
        let files = std::fs::read_dir(&folder.0).expect("it is ours").map(|file| file.expect("a file").file_name());
        assert_eq!(files.collect::<Vec<_>>(), ["shop.db"]);
    }
}
