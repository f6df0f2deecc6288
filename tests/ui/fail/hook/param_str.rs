use on_shutdown::on_shutdown;

#[on_shutdown]
fn close(_name: &str) {}

fn main() {}
