use on_shutdown::on_shutdown;

#[on_shutdown]
fn close(_names: &[String]) {}

fn main() {}
