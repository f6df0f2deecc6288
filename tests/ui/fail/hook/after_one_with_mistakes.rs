use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "5")]
fn flush_orders() {}

#[on_shutdown(after = [flush_orders])]
fn close() {}

fn main() {}
