//! 08, order: phases order most hooks; `after` orders two hooks of one phase, even across crates.
//!
//! Run `cargo run --bin 08_order`. Misspell the path in `after`, and the compiler reports it.
//! New here: `after`, across crates and for registered hooks, and `priority` inside a phase.

use std::time::Duration;

use on_shutdown::{HookSettings, Phase, on_shutdown, register_sync};
use tokio::time::sleep;

/// Waits for the library's `orders::write_orders`: both are in `flush`, and without `after` they would run concurrently.
#[on_shutdown(phase = flush, timeout = "1s", after = [orders::write_orders])]
async fn write_index() {
    sleep(Duration::from_millis(200)).await;
    println!("wrote the index of the orders");
}

/// Starts at once. Only a hook that names another hook in its `after` waits for it.
#[on_shutdown(phase = flush, timeout = "1s")]
async fn save_cache() {
    sleep(Duration::from_millis(100)).await;
    println!("saved the cache, at once");
}

/// Starts when both hooks have ended: the journal is not needed any more.
#[on_shutdown(phase = flush, timeout = "1s", after = [write_index, save_cache])]
fn remove_journal() {
    println!("removed the journal");
}

/// Needs no `after`: the phase `close` begins when `flush` has ended. The higher priority puts it before the tunnel.
#[on_shutdown(phase = close, priority = 10, timeout = "1s")]
async fn close_database() {
    sleep(Duration::from_millis(50)).await;
    println!("closed the database");
}

/// Closes the tunnel that the database connection uses.
#[on_shutdown(phase = close, timeout = "1s")]
fn close_tunnel() {
    println!("closed the tunnel");
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    // The attribute creates a type with the function's name. A registered hook names that type in `after_hook`.
    let settings =
        HookSettings::new().phase(Phase::Flush).timeout(Duration::from_secs(1)).after_hook::<orders::write_orders>();
    register_sync("count orders", settings, |_context| println!("counted the orders"))?;

    examples::sigterm_after(Duration::from_secs(1));
    for order in 1.. {
        orders::take(order);
        sleep(Duration::from_millis(300)).await;
    }
    Ok(())
}
