//! Declares hooks of a library.

use on_shutdown::on_shutdown;

#[on_shutdown(phase = drain)]
async fn stop_accepting_orders() {
    println!("orders: stop accepting");
}

#[on_shutdown(priority = 5)]
pub fn flush_orders() {
    println!("orders: flush");
}

#[on_shutdown(phase = close)]
async fn close_orders() -> Result<(), String> {
    println!("orders: close");
    Ok(())
}
