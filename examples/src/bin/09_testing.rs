//! 09, testing: the hooks of this program run in a test, which asserts on the report and on the plan.
//! Run `cargo test --bin 09_testing`; `cargo run --bin 09_testing` shows the same report.
//! New here: `Ending::Return`, with which the process goes on after its shutdown, and `Plan::fits`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use on_shutdown::{Ending, InstallError, Report, Settings, on_shutdown, provide_instead};

type Orders = Arc<Mutex<Vec<&'static str>>>;

#[on_shutdown(timeout = "2s")]
async fn flush_orders(orders: Orders) -> Result<(), String> {
    let count = orders.lock().map_err(|error| error.to_string())?.drain(..).count();
    println!("flushed {count} orders");
    if count == 0 { Err("there was nothing to flush".to_owned()) } else { Ok(()) }
}

#[on_shutdown(phase = close, after = [flush_orders], timeout = "1s")]
fn close_pool() {
    println!("closed the pool");
}

/// One shutdown a process: in a test, all that is to be seen of it is seen in one.
fn stop(orders: &Orders) -> Result<Report, InstallError> {
    provide_instead(Arc::clone(orders));
    let handle = Settings::new().grace_period(Duration::from_secs(10)).ending(Ending::Return).install()?;
    assert!(handle.plan().fits(), "{}", handle.plan());
    handle.request("a test");
    Ok(handle.wait())
}

fn main() -> Result<(), InstallError> {
    let orders = Orders::new(Mutex::new(vec!["books", "tea"]));
    println!("{}", stop(&orders)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use on_shutdown::Outcome;

    use super::*;

    #[test]
    fn every_order_is_flushed_before_the_pool_is_closed() -> Result<(), InstallError> {
        let orders = Orders::new(Mutex::new(vec!["books", "tea"]));
        let report = stop(&orders)?;
        let told: Vec<_> = report.hooks.iter().map(|hook| (&*hook.name, &hook.outcome)).collect();
        assert_eq!(told, [("flush_orders", &Outcome::Completed), ("close_pool", &Outcome::Completed)]);
        assert!(orders.lock().is_ok_and(|orders| orders.is_empty()));
        Ok(())
    }
}
