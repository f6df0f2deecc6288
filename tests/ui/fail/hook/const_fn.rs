use on_shutdown::on_shutdown;

#[on_shutdown]
const fn close() {}

fn main() {}
