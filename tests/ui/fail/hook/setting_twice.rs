use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "5s", priority = 1, timeout = "6s")]
fn close() {}

fn main() {}
