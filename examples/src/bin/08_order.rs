//! 08, order: a hook of this program waits for a hook of a library, by its path.
//! Run `cargo run --bin 08_order`; misspell the path in `after`, and the compiler points at it.
//! New here: `after`, across crates and for hooks made at run time.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, on_shutdown, register_sync};
use tokio::time::sleep;

/// `orders::write_orders` is in the same phase and has the same priority, so the two would run at once.
#[on_shutdown(phase = close, timeout = "1s", after = [orders::write_orders])]
async fn close_database() {
    sleep(Duration::from_millis(200)).await;
    println!("closed the database, which the orders needed");
}

/// Waits for nobody. An `after` is no barrier: only who names it waits.
#[on_shutdown(phase = close, timeout = "1s")]
async fn close_cache() {
    sleep(Duration::from_millis(100)).await;
    println!("closed the cache, at once");
}

/// As soon as both have ended.
#[on_shutdown(phase = close, timeout = "1s", after = [close_database, close_cache])]
fn remove_lock_file() {
    println!("removed the lock file");
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    // By type, for a hook made at run time: each hook has a type of the function's name beside it.
    let settings =
        HookSettings::new().phase(Phase::Close).timeout(Duration::from_secs(1)).after_hook::<orders::write_orders>();
    register_sync("count orders", settings, |_context| println!("counted the orders"))?.keep();

    examples::sigterm_after(Duration::from_secs(1));
    for order in 1.. {
        orders::take(order);
        sleep(Duration::from_millis(300)).await;
    }
    Ok(())
}
