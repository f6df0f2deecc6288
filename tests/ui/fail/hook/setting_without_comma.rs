use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "5s" priority = 1)]
fn close() {}

fn main() {}
