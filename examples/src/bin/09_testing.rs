//! 09, testing: the hooks of this program run in its unit tests, without a signal and on a virtual clock.
//! Run `cargo test --bin 09_testing`; `cargo run --bin 09_testing` runs the same hooks for real.
//! New here: the feature `testing`, in `[dev-dependencies]`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use on_shutdown::{on_shutdown, provide};

type Orders = Arc<Mutex<Vec<&'static str>>>;

#[on_shutdown(timeout = "2s")]
async fn flush_orders(orders: Orders) -> Result<(), String> {
    let orders: Vec<_> = orders.lock().map_err(|error| error.to_string())?.drain(..).collect();
    for order in &orders {
        tokio::time::sleep(Duration::from_millis(500)).await;
        println!("flushed {order}");
    }
    if orders.is_empty() { Err("there was nothing to flush".to_owned()) } else { Ok(()) }
}

#[on_shutdown(phase = close, after = [flush_orders], timeout = "1s")]
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
        let told: Vec<_> = report.hooks.iter().map(|hook| (&*hook.name, &hook.outcome)).collect();
        assert_eq!(told, [("flush_orders", &Outcome::Completed), ("close_pool", &Outcome::Completed)]);
        assert!(orders.lock().is_ok_and(|orders| orders.is_empty()));
        // A second of the virtual clock: the test itself waits for nothing.
        assert_eq!(report.duration, Duration::from_secs(1));
    }

    #[test]
    fn the_pool_is_closed_though_the_flush_hangs() {
        let report = shutdown(&Orders::default()).hang("flush_orders").start(Signal::SIGTERM).finish();
        assert_eq!(report.hook("close_pool").map(|hook| &hook.outcome), Some(&Outcome::Completed));
        assert_eq!(report.exit_code, 124);
    }

    #[test]
    fn a_second_ctrl_c_cuts_the_flush_short() {
        let orders = Orders::new(Mutex::new(vec!["books", "tea", "salt", "oil"]));
        let mut running = shutdown(&orders).start(Signal::SIGINT);
        running.advance(Duration::from_millis(1200)).trigger(Signal::SIGINT);
        assert_eq!(running.finish().exit_code, 124);
    }

    #[test]
    fn the_plan_fits_and_no_dependency_is_forgotten() {
        assert_fits(shutdown(&Orders::default()).plan());
        // Of the hooks of `orders`, the library of example 08, this program uses none.
        assert_dependencies_linked(&["orders", "process", "process-orders", "process-metrics"]);
    }
}
