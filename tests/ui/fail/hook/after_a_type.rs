use on_shutdown::on_shutdown;

struct Orders;

#[on_shutdown(after = [Orders])]
fn close() {}

fn main() {}
