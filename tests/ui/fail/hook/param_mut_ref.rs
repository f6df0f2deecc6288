use on_shutdown::on_shutdown;

#[on_shutdown]
fn close(_names: &mut Vec<String>) {}

fn main() {}
