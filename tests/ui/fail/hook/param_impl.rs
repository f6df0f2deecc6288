use on_shutdown::on_shutdown;

#[on_shutdown]
fn close(_name: impl Clone) {}

fn main() {}
