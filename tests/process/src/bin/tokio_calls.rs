//! Has hooks that use tokio as they cannot, and one that uses it as the documentation says.

use std::time::Duration;

use on_shutdown::on_shutdown;
use tokio::runtime::Handle;
use tokio::task::{block_in_place, spawn_blocking};

#[on_shutdown]
fn asks_for_the_runtime() {
    Handle::current().spawn(async {});
}

#[on_shutdown]
fn spawns() {
    drop(tokio::spawn(async {}));
}

#[on_shutdown]
async fn blocks_in_place() {
    block_in_place(|| {});
}

/// The panic comes after the first poll.
#[on_shutdown]
async fn blocks_in_place_later() {
    tokio::time::sleep(Duration::from_millis(10)).await;
    block_in_place(|| {});
}

#[on_shutdown]
async fn blocks_on_a_future() {
    Handle::current().block_on(async {});
}

/// A panic of the hook itself.
#[on_shutdown]
fn panics() {
    panic!("the disk is full");
}

#[on_shutdown]
async fn as_documented() {
    let answer = Handle::current().spawn(async { 7 }).await.expect("it ends");
    std::thread::sleep(Duration::from_millis(1));
    let other = spawn_blocking(|| 8).await.expect("it ends");
    println!("{answer} and {other}");
}

#[on_shutdown::main]
async fn main() {
    println!("ready");
    std::future::pending().await
}
