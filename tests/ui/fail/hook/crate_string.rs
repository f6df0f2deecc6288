use on_shutdown::on_shutdown;

#[on_shutdown(crate = "on_shutdown")]
fn close() {}

fn main() {}
