use on_shutdown::on_shutdown;

#[on_shutdown(timeout = 5)]
fn close() {}

fn main() {}
