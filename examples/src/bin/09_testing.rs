//! 09, testing: unit tests run the program's hooks on a virtual clock, without a signal.
//!
//! Run `cargo test --bin 09_testing`. Run `cargo run --bin 09_testing` to run the same hooks in a real shutdown.
//! New here: the feature `testing`, in `[dev-dependencies]`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use on_shutdown::{on_shutdown, provide};

type Orders = Arc<Mutex<Vec<&'static str>>>;

/// Sends the orders through the pool, which the next phase closes.
#[on_shutdown(phase = flush, timeout = "4s")]
async fn flush_orders(orders: Orders) -> Result<(), String> {
    let orders: Vec<_> = orders.lock().map_err(|error| error.to_string())?.drain(..).collect();
    for order in &orders {
        tokio::time::sleep(Duration::from_millis(500)).await;
        println!("flushed {order}");
    }
    if orders.is_empty() { Err("there was nothing to flush".to_owned()) } else { Ok(()) }
}

#[on_shutdown(phase = close, timeout = "1s")]
fn close_pool() {
    println!("closed the pool");
}

#[on_shutdown::main(grace_period = "10s")]
fn main() -> Result<(), on_shutdown::AlreadyProvidedError> {
    provide(Orders::new(Mutex::new(vec!["books", "tea"])))
}

#[cfg(test)]
mod tests {
    use on_shutdown::testing::{Shutdown, assert_dependencies_linked, assert_fits};
    use on_shutdown::{Outcome, Signal};

    use super::*;

    fn shutdown(orders: &Orders) -> Shutdown {
        Shutdown::new().provide(Arc::clone(orders))
    }

    #[test]
    fn every_order_is_flushed_before_the_pool_is_closed() {
        let orders = Orders::new(Mutex::new(vec!["books", "tea"]));
        let report = shutdown(&orders).start(Signal::SIGTERM).finish();
        let outcomes: Vec<_> = report.hooks.iter().map(|hook| (&*hook.name, &hook.outcome)).collect();
        assert_eq!(outcomes, [("flush_orders", &Outcome::Completed), ("close_pool", &Outcome::Completed)]);
        assert!(orders.lock().is_ok_and(|orders| orders.is_empty()));
        // One second of the virtual clock. The test itself does not wait.
        assert_eq!(report.duration, Duration::from_secs(1));
    }

    #[test]
    fn the_pool_is_closed_even_if_the_flush_hangs() {
        let report = shutdown(&Orders::default()).hang("flush_orders").start(Signal::SIGTERM).finish();
        assert_eq!(report.hook("close_pool").map(|hook| &hook.outcome), Some(&Outcome::Completed));
        assert_eq!(report.exit_code, 124);
    }

    #[test]
    fn a_second_ctrl_c_cuts_the_flush_short() {
        // Six orders take 3 s. The second Ctrl-C leaves the hook one more second.
        let orders = Orders::new(Mutex::new(vec!["books", "tea", "salt", "oil", "rice", "soap"]));
        let mut running = shutdown(&orders).start(Signal::SIGINT);
        running.advance(Duration::from_millis(1200)).trigger(Signal::SIGINT);
        let report = running.finish();
        assert_eq!(report.exit_code, 124);
        assert_eq!(report.duration, Duration::from_millis(2200));
    }

    #[test]
    fn the_plan_fits_and_every_dependency_is_linked() {
        assert_fits(shutdown(&Orders::default()).plan());
        // This program does not link `orders`, the library of example 08. The others are test programs.
        assert_dependencies_linked(&["orders", "process", "process-orders", "process-metrics"]);
    }
}
