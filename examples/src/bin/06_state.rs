//! 06, state: hooks receive the values that they need as parameters.
//!
//! Run `cargo run --bin 06_state`. It exits with 70, because one hook's value is missing on purpose.
//! New here: `provide`, parameters by value, by reference and optional, newtypes, and `HookContext`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use on_shutdown::{HookContext, on_shutdown, provide, replace_provided};
use tokio::time::sleep;

/// A provided type is `Clone + Send + Sync + 'static`. Most pools and clients are; put other types into an `Arc`.
type Orders = Arc<AtomicU32>;

/// `provide` keeps one value per type. Two databases therefore need two types.
#[derive(Clone)]
struct Primary(String);
#[derive(Clone)]
struct Replica(String);

/// This program never provides a `Cache`.
#[derive(Clone)]
struct Cache;

#[on_shutdown(phase = flush, timeout = "2s")]
fn write_orders(orders: Orders) {
    println!("wrote {} orders", orders.load(Ordering::SeqCst));
}

/// Borrows its values. The hook has clones of its own, so async functions can borrow too.
#[on_shutdown(phase = close, timeout = "2s")]
async fn close_databases(primary: &Primary, replica: &Replica) {
    println!("closed {} and {}", primary.0, replica.0);
}

/// Takes a value that may be missing as an `Option`.
#[on_shutdown(phase = close, timeout = "2s")]
fn close_cache(cache: Option<Cache>) {
    println!("{}", if cache.is_some() { "closed the cache" } else { "there was no cache to close" });
}

/// Needs a value that is missing: the hook is skipped, the report names the type, and the exit code is 70.
#[on_shutdown(phase = close, timeout = "2s")]
fn evict_cache(_cache: Cache) {
    println!("this line is never printed");
}

/// Receives its context without a call of `provide`: the trigger, the remaining time, `fast_shutdown`.
#[on_shutdown(phase = finalize, timeout = "1s")]
async fn upload_traces(context: HookContext) {
    println!("{}: uploading traces, for at most {:?}", context.trigger(), context.remaining());
    tokio::select! {
        // Resolves after a second Ctrl-C: skip what is not essential.
        () = context.fast_shutdown() => println!("a fast shutdown was asked for: dropped the traces"),
        () = sleep(Duration::from_millis(300)) => println!("uploaded"),
    }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let orders = Orders::default();
    provide(Arc::clone(&orders))?;
    provide(Primary("db-1".to_owned()))?;
    provide(Replica("db-2".to_owned()))?;
    // A second value of the same type is an error. `replace_provided` replaces the first one on purpose.
    if let Err(error) = provide(Replica("db-3".to_owned())) {
        println!("error: {error}");
    }
    replace_provided(Replica("db-4".to_owned()));

    examples::sigterm_after(Duration::from_secs(1));
    loop {
        orders.fetch_add(1, Ordering::SeqCst);
        sleep(Duration::from_millis(100)).await;
    }
}
