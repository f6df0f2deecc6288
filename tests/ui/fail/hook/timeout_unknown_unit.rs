use on_shutdown::on_shutdown;

#[on_shutdown(timeout = "5 sceonds")]
fn close() {}

fn main() {}
