use on_shutdown::on_shutdown;

#[on_shutdown("5s")]
fn close() {}

fn main() {}
