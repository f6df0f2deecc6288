//! A library that brings shutdown hooks of its own; `08_order` and `11_dependency` are programs that use it.
//!
//! It knows nothing of the program. The program needs to know only the paths: `orders::write_orders` for an `after`,
//! and `orders::print_receipt` as text, to disable it.

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

/// Private: no hook can be `after` it, and a program can disable it or re-time it all the same.
#[on_shutdown(phase = flush, priority = -5, timeout = "500ms")]
fn print_receipt() {
    println!("orders: thank you for your orders");
}
