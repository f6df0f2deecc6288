//! A library with shutdown hooks of its own. `08_order` and `11_dependency` are programs that use it.
//!
//! The library knows nothing of the program. The program knows two paths: it names `orders::write_orders` in an `after`,
//! and it disables `orders::print_receipt` by its name as text.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use on_shutdown::on_shutdown;

static WAITING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Takes an order and keeps it in memory until the shutdown.
pub fn take(order: u32) {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner).push(order);
}

/// Writes the orders. The function is public, so hooks of other crates can name it in their `after`.
#[on_shutdown(phase = flush, timeout = "2s")]
pub fn write_orders() {
    std::thread::sleep(Duration::from_millis(400));
    let orders = std::mem::take(&mut *WAITING.lock().unwrap_or_else(PoisonError::into_inner));
    println!("orders: wrote {orders:?}");
}

/// Thanks the customer. The function is private, but a program can still disable it or change its timeout.
#[on_shutdown(phase = finalize, priority = -5, timeout = "500ms")]
fn print_receipt() {
    println!("orders: thank you for your orders");
}
