//! Has work in flight that never ends, and a maximum time for it.

use on_shutdown::{on_shutdown, track};

#[on_shutdown(phase = close)]
fn close_pool() {}

#[on_shutdown::main(grace_period = "20s", max_drain_time = "300ms")]
async fn main() {
    tokio::spawn(track("import", std::future::pending::<()>()));
    println!("ready");
    std::future::pending().await
}
