//! A library that brings a shutdown hook of its own; `08_order` is the program that uses it.
//!
//! It knows nothing of the program. The program needs to know only the path `orders::write_orders`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use on_shutdown::on_shutdown;

static WAITING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Takes an order; it is in memory until the shutdown.
pub fn take(order: u32) {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner).push(order);
}

/// Public, so that hooks of other crates can be `after` it.
#[on_shutdown(phase = close, timeout = "2s")]
pub fn write_orders() {
    std::thread::sleep(Duration::from_millis(400));
    let orders = std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner));
    println!("orders: wrote {orders:?}");
}
