use on_shutdown::on_shutdown;

#[on_shutdown(timeout = 5s)]
fn close() {}

fn main() {}
