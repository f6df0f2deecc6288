use on_shutdown::on_shutdown;

#[on_shutdown]
fn close<T: Clone>(_pool: T) {}

fn main() {}
