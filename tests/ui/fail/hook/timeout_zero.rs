use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "0s")]
fn close() {}

fn main() {}
