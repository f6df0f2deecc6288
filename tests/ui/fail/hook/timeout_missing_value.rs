use on_shutdown::on_shutdown;

#[on_shutdown(timeout)]
fn close() {}

fn main() {}
