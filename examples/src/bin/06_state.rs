//! 06, state: hooks get what they need as parameters, found by type.
//! Run `cargo run --bin 06_state`.
//! New here: `provide`, parameters by value, by reference and optional, types of your own for two of a kind, `HookContext`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use on_shutdown::{HookContext, on_shutdown, provide, replace_provided};
use tokio::time::sleep;

/// Whatever is `Clone + Send + Sync + 'static`: most pools and clients are, an `Arc` makes one of all else.
type Orders = Arc<AtomicU32>;

/// Two of one type cannot be told apart: give each a type of its own.
#[derive(Clone)]
struct Primary(String);
#[derive(Clone)]
struct Replica(String);

/// One that this program never provides.
#[derive(Clone)]
struct Cache;

#[on_shutdown(timeout = "2s")]
fn write_orders(orders: Orders) {
    println!("wrote {} orders", orders.load(Ordering::SeqCst));
}

/// By reference, where the body wants no more; async functions too. What is lent is a clone for this hook alone.
#[on_shutdown(phase = close, timeout = "2s")]
async fn close_databases(primary: &Primary, replica: &Replica) {
    println!("closed {} and {}", primary.0, replica.0);
}

/// What may be missing is an `Option`.
#[on_shutdown(phase = close, timeout = "2s")]
fn close_cache(cache: Option<Cache>) {
    println!("{}", if cache.is_some() { "closed the cache" } else { "there was no cache to close" });
}

/// What must be there and is not: the hook is skipped, and the report says which type was missing.
#[on_shutdown(phase = close, timeout = "2s")]
fn evict_cache(_cache: Cache) {
    println!("this is never seen");
}

/// The shutdown itself needs no `provide`.
#[on_shutdown(phase = flush, timeout = "1s")]
async fn upload_traces(context: HookContext) {
    println!("{}: uploading traces, for at most {:?}", context.trigger(), context.remaining());
    tokio::select! {
        // A second Ctrl-C: leave out what can be left out.
        () = context.fast_shutdown() => println!("somebody is in a hurry"),
        () = sleep(Duration::from_millis(300)) => println!("uploaded"),
    }
}

#[on_shutdown::main]
async fn main() -> anyhow::Result<()> {
    let orders = Orders::default();
    provide(Arc::clone(&orders))?;
    provide(Primary("db-1".to_owned()))?;
    provide(Replica("db-2".to_owned()))?;
    // A second one of a type is an error, for the first would be forgotten; on purpose it is another word.
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
