use on_shutdown::on_shutdown;

#[on_shutdown(after = [flush_orders])]
fn close() {}

fn main() {}
