//! `after` accepts every path to a hook. A cycle compiles; `install` reports it with its chain.

#![deny(warnings)]

use on_shutdown::on_shutdown;

mod orders {
    pub mod log {
        #[on_shutdown::on_shutdown]
        pub fn flush() {}
    }
    pub use log::flush as flush_orders;
}

use orders::flush_orders;

#[on_shutdown(after = [flush_orders, orders::log::flush, self::orders::flush_orders, crate::r#final])]
fn imported() {}

#[on_shutdown(after = [right])]
fn left() {}

#[on_shutdown(after = [left])]
async fn right() {}

#[on_shutdown(after = [itself])]
fn itself() {}

#[on_shutdown]
fn r#final() {}

fn main() {
    imported();
    left();
}
